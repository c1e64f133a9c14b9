"""Names from hell: rooms that would be wildcards or no topic, nicks that cannot be seen, addresses that are none.

Each is refused with an error, or shown as what it is; whatever a room is called, the broker sees literal topics alone.
Rows of the table of hostile input that are held here: nick_tricks, join_invalid_jid, mqtt_topic_injection, room_without_join.
"""
import re
from xml.sax.saxutils import escape, unescape

from harness import Test, want, want_equal
from siege import Siege, iq, joined, line, logged_in, ping, presence, pump, stanza_error, stream_error

BAD = ("jid-malformed", "item-not-found", "bad-request", "not-acceptable", "not-allowed", "forbidden", "conflict",
       "service-unavailable")
DANGEROUS = re.compile("[\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ufff9-\ufffb]")

ROOMS_REFUSED = [
    "#", "+", "foo.#", "+.bar", "foo+", "a.+.b", "$SYS", "$SYS.broker.version", "$share.group.foo", "$queue.x", "a..b", ".a",
    "a.", ".", "", "a b", " ", "a:b", "a'b", 'a"b', "a&b", "a<b", "a>b", "a\\2fb", "\\2f", "\\20a", "a\\20", "a\\5cz", "\\23.x\\2b+",
    "a\u007f", "a\u0085", "a\u200eb\u202e", "\u202e", "\u200b", "\u00a0", "\u2028", "\ufffe".replace("\ufffe", "\ufdd0"), "\ue000",
    "x" * 256, "x" * 1023, "x" * 2000, "é" * 1000, "\U000e0041"]
# The name as it is written, and the topic that it is.
ROOMS_TAKEN = [("foo.bar", "foo/bar"), ("FOO.Bar", "foo/bar"), ("a\\20b", "a b"), ("a\\40b", "a@b"), ("\\2e", "."), ("-", "-"),
               ("a\\5c20b", "a\\20b"), ("sys", "sys"), ("a$b", "a$b"), ("%s%n", "%s%n"), ("{name}", "{name}"), ("\u0430", "\u0430"),
               ("日本", "日本"), ("e\u0301", "\u00e9"), ("\uff21", "a"), ("x" * 255, "x" * 255)]
NICKS = [
    " ", "\u00a0 \u2003", "\u3000", "a\u007fb", "a\nb", "a\tb", "\u202eevil", "a\u2066b\u2069", "\u200b", "\u2060\ufeff", "\u00ad",
    "\u2800", "\u115f", "\ue000", "\ufdd0", "\U000e0041", "n" * 65, "n" * 500, "n" * 1024, "n" * 5000, "\u0301" * 5000, "x (mqtt)",
    "[main]", "<b>", "&amp;", "a/b", "a@b/c", "../../etc", "%n%s", "{topic.0}", "\\2f", "Ear ", " Ear", "ＥＡＲ", "ear\u200b", "null",
    "'\"", "\u0430", "👍🏽", "e\u0301", "\ufdfa" * 30]


def ask(raw, stanza, id):
    """The answer to it: an error's condition, or None where it was taken."""
    text = pump(raw, stanza + ping(f"p{id}"), f"id='p{id}'")
    want(not raw.closed, f"the stream goes on: {text[-300:]}")
    errors = re.findall(rf"<presence[^>]*id='{id}'.*?</presence>", text, re.S)
    return text, next((error for error in errors if "type='error'" in error), None)


def in_the_end(raw, stanza, id):
    """As ask(), and waits for the room's answer: the subject, or an error."""
    text, error = ask(raw, stanza, id)
    while error is None and "<subject" not in text:
        text += pump(raw, "", lambda got: b"<subject" in got or b"</presence>" in got)
        error = next(iter(re.findall(r"<presence[^>]*type='error'.*?</presence>", text, re.S)), None)
    return text, error


def hostile_rooms(gateway):
    raw = logged_in(gateway)
    for n, name in enumerate(ROOMS_REFUSED):
        quoted = escape(name, {"'": "&apos;"})
        _, error = in_the_end(raw, presence(quoted, "Mallory", f"r{n}"), f"r{n}")
        want(error and any(f"<{condition} " in error for condition in BAD), f"room {name[:40]!r}: {error}")
        want(re.search("<text [^>]*>[^<]{8}", error), f"room {name[:40]!r}: the error says why: {error[:600]}")
        want(not DANGEROUS.search(error) or DANGEROUS.search(name), f"nothing to show that was not there: {error!r}")
        for stanza in (line(quoted, "in a bad room", f"l{n}"), iq(f"{quoted}@rooms.localhost", "<x xmlns='urn:x'/>", f"l{n}", "get")):
            raw.got = b""
            raw.send(stanza)
            stanza_error(raw, f"l{n}", *BAD)
    for name, topic in ROOMS_TAKEN:
        text, error = in_the_end(raw, presence(name, "Mallory"), "j")
        want(error is None, f"room {name!r} is entered: {error}")
        raw.send(line(name, f"to {escape(topic)}"))
        raw.until(f"to {escape(topic)}<")
        raw.got = b""
    topics = {m["topic"] for m in watcher.messages() if m["topic"] != "beside"}
    watcher.wait("to " + ROOMS_TAKEN[-1][1])
    for name, topic in ROOMS_TAKEN:
        watcher.wait(f"to {topic}")
    for message in watcher.messages():
        if not message["topic"].startswith(("beside", "mucbridge/")):
            want_equal(message["payload"], f"to {message['topic']}", "a line is at its own topic")
    filters = set(re.findall(r"\n\d+: mucbridge-\w+ \d (.*)", broker.child.text())) | topics
    want(filters > {topic for _, topic in ROOMS_TAKEN} and not any(sign in one for one in filters for sign in "#+"),
         f"literal topics alone are published and subscribed: {filters}")


def not_xml_names(gateway):
    for name in ("a&#0;b", "a&#1;b", "a&#xFFFE;b", "a<b"):
        for stanza in (presence(name, "Mallory"), presence("names", name)):
            raw = logged_in(gateway)
            raw.send(stanza)
            stream_error(raw, "not-well-formed", "bad-format")


def hostile_nicks(gateway):
    """Refused, or everybody sees exactly one nick that can be seen, and that nobody else has."""
    ear = joined(logged_in(gateway, "listener"), "nicks", "Ear")
    raw = logged_in(gateway)
    taken = []
    for n, nick in enumerate(NICKS):
        ear.got = b""
        quoted = escape(nick, {"'": "&apos;", "\n": "&#10;", "\t": "&#9;"})
        text, error = in_the_end(raw, presence("nicks", quoted, f"n{n}"), f"n{n}")
        if error:
            want(any(f"<{condition} " in error for condition in BAD) and "<text " in error, f"nick {nick[:40]!r}: {error[:600]}")
            continue
        heard = pump(ear, "", lambda got: b"</presence>" in got)
        shown = unescape(re.search(r"from='nicks@rooms.localhost/([^']*)'", heard)[1], {"&apos;": "'", "&quot;": '"'})
        want(shown.strip() and len(shown) <= 64 and not DANGEROUS.search(shown), f"{nick!r} is shown as {shown!r}")
        want(shown.strip().casefold() != "ear", f"{nick!r} looks like Ear: {shown!r}")
        taken.append(shown)
        pump(raw, f"<presence to='nicks@rooms.localhost/{quoted}' type='unavailable'/>", "</presence>")
        pump(ear, "", "unavailable")
    print(f"      of {len(NICKS)} nicks {len(taken)} are taken: {' '.join(map(ascii, taken))}")
    for stanza in (presence("nicks", "").replace("/'", "'"), presence("nicks", "")):
        raw.got = b""
        raw.send(stanza)
        stanza_error(raw, "j", "jid-malformed", "bad-request")


def addresses(gateway):
    raw = logged_in(gateway)
    for n, to in enumerate(("@rooms.localhost/x", "a@@rooms.localhost/x", "a@b@rooms.localhost/x", "not a jid", "@", "/", "@/",
                            "a@/b", "a@rooms..localhost/x", "x" * 4000 + "@rooms.localhost/x", "a@" + "x" * 2000,
                            "a@[::1/x", "a@rooms.localhost:5222/x", "a@&#x202E;/x", "a@elsewhere.example/x")):
        raw.got = b""
        raw.send(f"<presence to='{to}' id='a{n}'><x xmlns='http://jabber.org/protocol/muc'/></presence>")
        stanza_error(raw, f"a{n}", *BAD, "remote-server-not-found")
        raw.send(f"<message to='{to}' type='groupchat' id='b{n}'><body>x</body></message>")
        stanza_error(raw, f"b{n}", *BAD, "remote-server-not-found")
        raw.send(iq(to, "<x xmlns='urn:x'/>", f"c{n}"))
        stanza_error(raw, f"c{n}", *BAD, "remote-server-not-found", "feature-not-implemented")
    for n, question in enumerate(("", "<a xmlns='urn:x'/><b xmlns='urn:x'/>", "<query xmlns='urn:x'/>", "<query/>", "words")):
        for to in ("localhost", "rooms.localhost", "nowhere@rooms.localhost", "nowhere@rooms.localhost/x"):
            raw.got = b""
            raw.send(iq(to, question, f"e{n}", "get"))
            stanza_error(raw, f"e{n}", *BAD, "feature-not-implemented")


def from_outside(gateway):
    """Who never joined has no say, and reads nothing of a room for members [XEP-0045 §7.4]."""
    owner = joined(logged_in(gateway, "owner"), "closed", "Owner")
    form = ("<query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'>"
            "<value>http://jabber.org/protocol/muc#roomconfig</value></field><field var='muc#roomconfig_membersonly'><value>1</value></field></x></query>")
    owner.send(iq("closed@rooms.localhost", form, "cfg"))
    want("type='result'" in owner.until("id='cfg'"), owner.text()[-300:])
    owner.send(line("closed", "secret words"))
    owner.until("secret words")
    raw = logged_in(gateway)
    admin = "<query xmlns='http://jabber.org/protocol/muc#admin'><item {}/></query>"
    for n, (stanza, *conditions) in enumerate((
            (line("closed", "I am not in", "{}"), "not-acceptable"),
            ("<message to='closed@rooms.localhost' type='groupchat' id='{}'><subject>mine</subject></message>", "not-acceptable"),
            ("<message to='closed@rooms.localhost/Owner' type='chat' id='{}'><body>psst</body></message>", "not-acceptable"),
            (presence("closed", "Mallory", "{}"), "registration-required"),
            (iq("closed@rooms.localhost", admin.format("nick='Owner' role='none'"), "{}"), "forbidden", "not-acceptable"),
            (iq("closed@rooms.localhost", admin.format("jid='mallory@localhost' affiliation='owner'"), "{}"), "forbidden", "not-acceptable"),
            (iq("closed@rooms.localhost", admin.format("affiliation='owner'"), "{}", "get"), "forbidden", "not-acceptable"),
            (iq("closed@rooms.localhost", form, "{}"), "forbidden", "not-acceptable"),
            (iq("closed@rooms.localhost", "<query xmlns='http://jabber.org/protocol/muc#owner'><destroy/></query>", "{}"), "forbidden"),
            (iq("closed@rooms.localhost", "<query xmlns='urn:xmpp:mam:2'/>", "{}"), *BAD, "feature-not-implemented"),
            (iq("closed@rooms.localhost/Owner", "<x xmlns='urn:x'/>", "{}", "get"), "not-acceptable"))):
        raw.got = b""
        raw.send(stanza.replace("{}", f"o{n}"))
        want("secret" not in stanza_error(raw, f"o{n}", *conditions), "nothing of it is told")
    text = pump(owner, ping("end"), "id='end'")
    want(not re.search("I am not in|mine|psst|mallory", text), f"the room hears nothing of it: {text}")


with Test(limit=120) as test:
    siege = Siege(test)
    broker = siege.broker
    watcher = broker.subscribe("#", more=("-R",))
    for name, work in (("names of rooms that are wildcards, or no topic, or not to be seen [MQTT-4.7.1]", hostile_rooms),
                       ("names with characters that XML forbids", not_xml_names),
                       ("nicks of nothing, blanks, controls, other directions, look-alikes", hostile_nicks),
                       ("addresses that are none", addresses),
                       ("speaking, reading and ruling from outside", from_outside)):
        siege.attack(name, work)
