"""A stanza of a room in a few words, the same for every server that means the same:

    presence /romeo owner/moderator jid=romeo/a [110 201]
    message groupchat /romeo kept id body='hello'
    error presence /juliet auth/not-authorized
    result field muc#roomconfig_moderatedroom boolean = 0

`/romeo` is the occupant, `room` and `service` are themselves, `romeo/a` is a user's session. What says nothing of the
room's behaviour (ids of the server's own, capabilities, avatars, languages, texts for people) is left out.
"""
from harness import want

MUC = "http://jabber.org/protocol/muc"
SILENT = {"{http://jabber.org/protocol/caps}c", "{vcard-temp:x:update}x", "{urn:xmpp:occupant-id:0}occupant-id",
          "{urn:xmpp:sid:0}stanza-id",
          "{urn:xmpp:delay}delay", "{jabber:x:delay}x", "{jabber:client}error", "{jabber:client}priority", f"{{{MUC}}}x",
          "{urn:xmpp:hats:0}hats"}


def local(tag):
    return tag.rpartition("}")[2]


class Words:
    """Knows the room and the service that addresses are told relative to."""

    def __init__(self, room, rooms_domain, domain="localhost"):
        self.room, self.service, self.domain = room, rooms_domain, domain

    def who(self, jid):
        bare, _, resource = jid.partition("/")
        if bare == self.room:
            return f"/{resource}" if resource else "room"
        if bare == self.service:
            return "service" + (f"/{resource}" if resource else "")
        user, _, domain = bare.partition("@")
        name = user if domain == self.domain else bare.replace(f"@{self.service}", "@service")
        return f"{name}/{resource}" if resource else name

    def of(self, stanza, asked_id=""):
        """The lines that a stanza comes to: one, but for the result of a question, where each thing that is told is one."""
        kind, type = local(stanza.tag), stanza.get("type", "")
        sender = self.who(stanza.get("from", ""))
        if type == "error":
            return [f"error {kind} {sender} {self.error(stanza)}"]
        if kind == "iq":
            return [f"result {line}" for line in self.result(stanza)]
        words = [kind, type, sender] if type not in ("", "normal") else [kind, sender]
        if kind == "message" and stanza.find("{jabber:client}body") is not None and type == "groupchat" and asked_id:
            if stanza.get("id") == asked_id:
                words.append("kept id")
        if stanza.find("{urn:xmpp:delay}delay") is not None:
            words.append("delayed by " + self.who(stanza.find("{urn:xmpp:delay}delay").get("from", "nobody")))
        user = stanza.find(f"{{{MUC}#user}}x")
        for_people = user is not None and any(local(part.tag) in ("invite", "decline") for part in user)
        for child in sorted(stanza, key=lambda c: (c.tag != f"{{{MUC}#user}}x", local(c.tag))):
            if child.tag not in SILENT and not (for_people and local(child.tag) == "body"):
                words += self.child(child)
        return [" ".join(words)]

    def error(self, stanza):
        error = stanza.find("{jabber:client}error")
        if error is None:
            return "without <error/>"
        conditions = [local(c.tag) for c in error if local(c.tag) != "text"]
        return f"{error.get('type')}/{'+'.join(conditions)}"

    def child(self, child):
        name = local(child.tag)
        if child.tag == f"{{{MUC}#user}}x":
            return self.user(child)
        if child.tag == "{jabber:x:data}x":
            return [f"form({', '.join(sorted(self.fields(child)))})"]
        if child.tag == "{jabber:x:conference}x":
            return [f"conference({self.who(child.get('jid', ''))})"]
        if child.tag.startswith("{jabber:client}"):
            return [f"{name}={child.text or ''!r}"]
        return [f"+{name}"]

    def user(self, x):
        words = [word for item in sorted(self.item(part) for part in x if local(part.tag) == "item") for word in item]
        for part in sorted(x, key=lambda p: p.tag):
            name = local(part.tag)
            if name in ("invite", "decline", "destroy"):
                sides = [f"{side}={self.who(part.get(side))}" for side in ("from", "to", "jid") if part.get(side)]
                inner = [f"{local(p.tag)}={p.text or ''!r}" for p in part if (p.text or "") or local(p.tag) == "continue"]
                words.append(f"{name}({' '.join(sides + inner)})")
            elif name == "password":
                words.append(f"password={part.text!r}")
        codes = sorted(int(s.get("code")) for s in x if local(s.tag) == "status")
        return words + ([f"[{' '.join(map(str, codes))}]"] if codes else [])

    def item(self, item):
        words = [f"{item.get('affiliation', '-')}/{item.get('role', '-')}"]
        words += [f"{name}={self.who(item.get(name)) if name == 'jid' else item.get(name)}" for name in ("jid", "nick")
                  if item.get(name)]
        for part in sorted(item, key=lambda p: p.tag):
            if local(part.tag) == "actor":
                words.append("actor(" + " ".join(f"{n}={self.who(part.get(n)) if n == 'jid' else part.get(n)}"
                                                  for n in ("nick", "jid") if part.get(n)) + ")")
            elif part.text:
                words.append(f"{local(part.tag)}={part.text!r}")
        return words

    def fields(self, form):
        for field in form.findall("{jabber:x:data}field"):
            values = [v.text or "" for v in field.findall("{jabber:x:data}value")]
            if not field.get("var", "").startswith(("muc#", "FORM_TYPE")):
                continue  # a heading, or a field of the server's own
            if field.get("type") == "boolean":
                values = ["1" if values in (["1"], ["true"]) else "0"]
            if field.get("type") == "list-multi":
                values.sort()
            yield f"{field.get('var')} {field.get('type', '-')} = {' | '.join(map(self.who, values))}".rstrip(" =")

    def result(self, iq):
        """What an answer tells, sorted; "nothing" where it is empty."""
        lines = []
        for query in iq:
            for part in query:
                name = local(part.tag)
                if name == "feature":
                    lines.append(f"feature {part.get('var')}")
                elif name == "identity":
                    lines.append(f"identity {part.get('category')}/{part.get('type')} {part.get('name') or ''}".rstrip())
                elif name == "item" and local(query.tag) == "query" and "disco" in query.tag:
                    lines.append(f"item {self.who(part.get('jid', ''))} {part.get('name') or ''}".rstrip())
                elif name == "item":
                    lines.append("item " + " ".join(self.item(part)))
                elif part.tag == "{jabber:x:data}x":
                    lines += [f"field {field}" for field in self.fields(part)]
                else:
                    lines.append(f"{name} {part.text or ''}".rstrip())
        return sorted(lines) or ["nothing"]


def in_a_fair_order(lines):
    """Which occupant's presence comes before which other's is nobody's promise [XEP-0045 §7.2.2], nor whether an answer
    comes before what follows from the question: neighbours are sorted, and answers come first."""
    answers = [line for line in lines if line.startswith(("result ", "error iq "))]
    out, run = [], []
    for line in [*(line for line in lines if line not in answers), None]:
        if line is not None and line.startswith("presence /") and "110" not in line:
            run.append(line)
            continue
        out += sorted(run)
        run = []
        if line is not None:
            out.append(line)
    want(len(answers) + len(out) == len(lines), "no line is lost in sorting")
    return answers + out
