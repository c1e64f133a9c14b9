"""A stage on which the same script is played on any server: users, rooms, steps; who received what in each step."""
import asyncio
import xml.etree.ElementTree as ET

from harness import Client, Failure, slixmpp
from muc_words import Words, in_a_fair_order

ADMIN, OWNER, USER = (f"http://jabber.org/protocol/muc#{part}" for part in ("admin", "owner", "user"))
PATIENCE = 5  # seconds for an answer that must come; where none comes, that is the outcome


class Answers(slixmpp.xmlstream.matcher.base.MatcherBase):
    """Answers alone: what is matched counts as handled, and slixmpp shall go on answering questions."""

    def match(self, stanza):
        return stanza.xml.tag == "{jabber:client}iq" and stanza.xml.get("type") in ("result", "error")


class Player(Client):
    """A client that remembers answers, too. Of rooms it knows nothing, so that nothing comes from it by itself."""

    plugins = ("xep_0199",)

    def __init__(self, *words):
        super().__init__(*words)
        self.register_handler(slixmpp.xmlstream.handler.Callback("answers", Answers(None),
                                                                 lambda s: self._on_stanza(s.xml)))

    def answer(self, id, since):
        return next((s for s in self.seen[since:] if s.kind == "iq" and s.id == id), None)


class Stage:
    """`steps` becomes the record: by the step's name, what each player received, in words."""

    def __init__(self, server, rooms_domain="rooms.localhost"):
        self.server, self.rooms_domain = server, rooms_domain
        self.players, self.steps, self.count = {}, {}, 0

    async def cast(self, *names):
        """Logs in: "romeo" is romeo@localhost/a, "romeo/b" another session of his."""
        for name in names:
            user, _, resource = name.partition("/")
            self.players[name] = await Player.login(self.server, f"{user}@localhost/{resource or 'a'}")

    def scene(self, name):
        self.name, self.room = name, f"{name}@{self.rooms_domain}"
        self.words = Words(self.room, self.rooms_domain)

    # --- stanzas: `to` is a nick, or "" for the room itself, or a whole JID ---

    def address(self, to):
        return to if "@" in to or to.endswith(self.rooms_domain) else f"{self.room}/{to}" if to else self.room

    def stanza(self, kind, to, type, inner):
        return f"<{kind} id='@id@' to='{self.address(to)}'{type and f' type={type!r}'}>{inner}</{kind}>"

    async def presence(self, step, who, to, inner="", type=""):
        return await self.step(step, who, self.stanza("presence", to, type, inner))

    async def message(self, step, who, to, inner, type=""):
        return await self.step(step, who, self.stanza("message", to, type, inner))

    async def iq(self, step, who, type, inner, to=""):
        return await self.step(step, who, self.stanza("iq", to, type, inner))

    async def join(self, step, who, nick, inner=""):
        return await self.presence(step, who, nick, f"<x xmlns='http://jabber.org/protocol/muc'>{inner}</x>")

    async def leave(self, step, who, nick, inner=""):
        return await self.presence(step, who, nick, inner, "unavailable")

    async def say(self, step, who, body):
        return await self.message(step, who, "", f"<body>{body}</body>", "groupchat")

    async def admin(self, step, who, *items, type="set"):
        return await self.iq(step, who, type, f"<query xmlns='{ADMIN}'>{''.join(items)}</query>")

    @staticmethod
    def values(value):
        return "".join(f"<value>{one}</value>" for one in ([value] if isinstance(value, str) else value))

    async def configure(self, step, who, fields, form_type=f"{OWNER.replace('#owner', '')}#roomconfig"):
        fields = {**fields, **self.server.also_configured(fields)} if hasattr(self.server, "also_configured") else fields
        inner = "".join(f"<field var='{var}'>{self.values(value)}</field>" for var, value in fields.items())
        return await self.iq(step, who, "set", f"<query xmlns='{OWNER}'><x xmlns='jabber:x:data' type='submit'>"
                             f"<field var='FORM_TYPE' type='hidden'><value>{form_type}</value></field>{inner}</x></query>")

    # --- a step ---

    async def step(self, step, who, xml):
        """Sends it, waits until everything that comes of it has come to everybody, and records that in words."""
        self.count += 1
        id = f"step{self.count}"
        before = {name: len(player.seen) for name, player in self.players.items()}
        actor = self.players[who]
        asked = ET.fromstring(xml)
        actor.send_raw(xml.replace("@id@", id))
        await self.settled(actor, asked, id, before[who])
        for player in [actor, *(p for p in self.players.values() if p is not actor)]:
            await self.caught_up(player)
        received = []
        for name, player in self.players.items():
            lines = []
            for seen in player.seen[before[name]:]:
                if seen.id.startswith("barrier") or self.is_about_something_else(seen):
                    continue
                lines += self.words.of(seen.element, id)
            received += [f"{name}: {line}" for line in in_a_fair_order(lines)]
        key = f"{self.name}: {step}"
        if key in self.steps:
            raise Failure(f"two steps are called {key!r}")
        self.steps[key] = received
        return received

    def is_about_something_else(self, seen):
        """Presence of users and of the server's own accounts is not the room's."""
        return seen.kind == "presence" and self.rooms_domain not in seen.room or not seen.sender and seen.kind != "iq" \
            or seen.kind == "presence" and seen.room == self.room and not seen.nick and not seen.error \
            and seen.element.find(f"{{{USER}}}x") is None

    async def settled(self, actor, asked, id, since):
        """The answer that must come to the actor, by the kind of what was sent; where rooms do one thing after the other,
        it comes before that to the next question, unless it is for another occupant's client to give."""
        new = lambda: actor.seen[since:]  # noqa: E731
        nick = asked.get("to").partition("/")[2]
        if getattr(self.server, "answers_in_order", False) and not (asked.tag == "iq" and nick):
            return
        if asked.tag == "iq":
            done = lambda: actor.answer(id, since)  # noqa: E731
        elif asked.tag == "message" and asked.get("type") == "groupchat":
            subject = asked.find("subject") is not None  # Prosody reflects one without its id
            done = lambda: any(s.id == id or s.type == "error" or subject and s.subject is not None  # noqa: E731
                               for s in new() if s.kind == "message")
        elif asked.tag == "presence" and asked.find("{http://jabber.org/protocol/muc}x") is not None:
            done = lambda: any(s.kind == "presence" and s.error or s.subject is not None and s.body is None  # noqa: E731
                               for s in new() if s.room == self.room)
        elif asked.tag == "presence" and nick and asked.get("type") in (None, "unavailable") and self.is_inside(actor,
                                                                                                                since):
            done = lambda: any(s.kind == "presence" and (s.error or 110 in s.statuses) for s in new())  # noqa: E731
        else:
            return
        try:
            await actor.until(done, "", PATIENCE)
        except Failure:
            pass  # nothing came: that is the outcome, and the record shows it

    def is_inside(self, actor, since):
        """Whether the last presence with 110 before this step said so."""
        own = [s for s in actor.seen[:since] if s.kind == "presence" and s.room == self.room and 110 in s.statuses]
        return bool(own) and own[-1].type != "unavailable"

    async def caught_up(self, player):
        """The room answers in order: when it has answered this, all that it sent before is here. One that is just ending
        may leave a question unanswered (ejabberd); it is asked again."""
        since = len(player.seen)
        for patience in (1, 1, None):
            self.count += 1
            id = f"barrier{self.count}"
            player.send_raw(f"<iq id='{id}' to='{self.room}' type='get'>"
                            "<query xmlns='http://jabber.org/protocol/disco#info'/></iq>")
            try:
                return await player.until(lambda: player.answer(id, since), f"{self.room} answers disco#info", patience)
            except Failure:
                if patience is None:
                    raise

    async def everybody_leaves(self):
        """Not a step: the next scene has a room of its own, in which nobody is."""
        for player in self.players.values():
            own = [s for s in player.seen if s.kind == "presence" and s.room == self.room and 110 in s.statuses]
            if own and own[-1].type != "unavailable":
                player.send_raw(f"<presence to='{own[-1].sender}' type='unavailable'/>")
            await self.caught_up(player)

    async def close(self):
        await asyncio.gather(*(player.bye() for player in self.players.values()))
