"""People in rooms: they come back whenever they are cut off, with stream management (XEP-0198) or without, and note what they see."""
import asyncio
import base64
import collections
import datetime
import re
import time

from ledger import Line
from stream import Stream

MUC = "http://jabber.org/protocol/muc"
SM = "urn:xmpp:sm:3"
OVERLAP = 3.0     # s of history asked for again at a rejoin
ASKS_EVERY = 8    # lines between two <r/>
PATIENCE = 12.0   # s for coming in


def timestamp(at):
    return datetime.datetime.fromtimestamp(at, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Visitor:
    """Whoever logs in and enters one room; `on_inside`, `on_message` and the rest are for those who do more there."""

    def __init__(self, name, gateway, room, since):
        self.name, self.gateway, self.room, self.since = name, gateway, f"{room}@rooms.localhost", since
        self.stream = None
        self.is_inside = False
        self.problem = ""

    async def connect(self):
        self.is_authenticated = self.is_inside = False
        self.stream = Stream(self.on_stanza, self.on_closed)
        await asyncio.wait_for(
            asyncio.get_running_loop().create_connection(lambda: self.stream, "127.0.0.1", self.gateway.port), 5)

    def on_closed(self, stream):
        """Of any stream that this one had."""

    def on_stanza(self, stanza):
        handler = self.HANDLERS.get(stanza.name)
        if handler:
            handler(self, stanza)

    def on_features(self, _):
        if self.is_authenticated:
            return self.on_authenticated()
        secret = base64.b64encode(f"\0{self.name}\0any".encode()).decode()
        self.stream.write(f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{secret}</auth>")

    def on_success(self, _):
        self.is_authenticated = True
        self.stream.open()

    def on_authenticated(self):
        self.stream.write("<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>")

    def on_iq(self, stanza):
        if stanza["id"] == "bind" and stanza["type"] == "result":
            self.on_bound()
        elif stanza["type"] in ("get", "set"):
            self.send(f"<iq type='result' id='{stanza['id']}'/>")

    def on_bound(self):
        self.join()

    def join(self):
        self.send(f"<presence to='{self.room}/{self.name}'><x xmlns='{MUC}'><history since='{timestamp(self.since)}'/></x></presence>")

    def send(self, text):
        self.stream.write(text)

    def on_presence(self, stanza):
        if stanza["type"] == "error" or (stanza["type"] == "unavailable" and "110" in stanza.statuses):
            self.problem = stanza.error if stanza["type"] == "error" else "put out of the room"
            self.on_put_out()

    def on_put_out(self):
        self.stream.abort()

    def on_message(self, stanza):
        sender, _, nick = stanza["from"].partition("/")
        if sender != self.room:
            return
        if "subject" in stanza.inside and "body" not in stanza.inside:
            if not self.is_inside:
                self.is_inside = True
                self.on_inside()
        elif stanza["type"] == "error":
            self.on_refusal(stanza)
        elif not nick:
            self.on_notice(stanza.texts.get("body", ""))
        elif "body" in stanza.texts:
            self.on_line(stanza.texts["body"], stanza.inside.get("stanza-id", {}).get("id", ""))

    def on_inside(self): pass
    def on_refusal(self, stanza): pass
    def on_notice(self, text): pass
    def on_line(self, body, id): pass

    HANDLERS = {"stream:features": on_features, "success": on_success, "iq": lambda self, s: self.on_iq(s),
                "presence": lambda self, s: self.on_presence(s), "message": lambda self, s: self.on_message(s)}


class LateJoiner(Visitor):
    """Who comes at the end and asks for everything."""

    def __init__(self, ledger, name, gateway, room):
        super().__init__(name, gateway, room, 0)
        self.ledger, self.done = ledger, asyncio.Event()
        self.observer = ledger.observe(name=f"history of {gateway.name}", room=room, kind="late", gateway=gateway.index)

    def on_line(self, body, id):
        self.ledger.see(self.observer, body, time.monotonic(), self.is_inside, id)

    def on_inside(self):
        self.done.set()

    async def read(self, patience):
        await self.connect()
        try:
            await asyncio.wait_for(self.done.wait(), patience)
        finally:
            self.stream.abort()


class Talker(Visitor):
    """Stays, talks, and comes back."""

    def __init__(self, ledger, gateway, room, writer, managed, makes_persistent):
        super().__init__(f"w{writer}", gateway, room, time.time() - OVERLAP)
        self.ledger, self.writer, self.managed, self.makes_persistent = ledger, writer, managed, makes_persistent
        self.observer = ledger.observe(name=f"w{writer} at {gateway.name}" + (" (managed)" if managed else ""), room=room,
                                       kind="occupant", gateway=gateway.index)
        self.gone = asyncio.Event()
        self.resume_id, self.is_counting = "", False
        self.heard = self.counted = 0                 # stanzas: of theirs, and of ours that they counted
        self.unacknowledged = collections.deque()     # (number or None, stanza), since `counted`
        self.again = []                               # lines to be said again once inside
        self.waiting = []                             # lines that were due while nobody could say them
        self.slow_since = None
        self.resumptions = self.rejoins = 0
        self.task = asyncio.ensure_future(self.live())

    # Coming and going.

    async def live(self):
        while True:
            try:
                self.gone.clear()
                await self.connect()
                deadline = time.monotonic() + PATIENCE
                while not self.gone.is_set():
                    await self.wait_gone(0.5)
                    if not self.is_inside and time.monotonic() > deadline:
                        self.on_put_out()
            except (OSError, asyncio.TimeoutError) as error:
                self.problem = f"{type(error).__name__} {error}"
            await asyncio.sleep(0.15)

    async def wait_gone(self, seconds):
        try:
            await asyncio.wait_for(self.gone.wait(), seconds)
        except asyncio.TimeoutError:
            pass

    def on_closed(self, stream):
        if stream is self.stream:
            if self.is_inside:
                self.observer.breaks.append((time.monotonic(), "cut off"))
                self.since = min(time.time(), self.slow_since or time.time()) - OVERLAP
            self.is_inside = self.is_counting = False
            self.slow_since = None
            self.gone.set()

    async def stop(self):
        self.task.cancel()
        if self.stream:
            self.stream.abort()

    def cut(self):
        if self.stream:
            self.stream.abort()

    async def be_slow(self, seconds):
        stream = self.stream
        if not self.is_inside or not stream.is_open:
            return
        self.slow_since = time.time()
        stream.transport.pause_reading()
        await asyncio.sleep(seconds)
        if stream.is_open:
            stream.transport.resume_reading()
        await asyncio.sleep(2)
        if stream is self.stream:
            self.slow_since = None

    def on_presence(self, stanza):
        super().on_presence(stanza)
        # XEP-0045 §10.1.2: who made the room owns it, and says what it is.
        if self.makes_persistent and "201" in stanza.statuses:
            self.send(f"<iq type='set' to='{self.room}' id='configure'><query xmlns='{MUC}#owner'>"
                      "<x xmlns='jabber:x:data' type='submit'>"
                      f"<field var='FORM_TYPE'><value>{MUC}#roomconfig</value></field>"
                      "<field var='muc#roomconfig_persistentroom'><value>1</value></field></x></query></iq>")

    def on_iq(self, stanza):
        super().on_iq(stanza)
        if stanza["id"] == "configure":
            if stanza["type"] == "result":
                self.gateway.configured.add(self.room.partition("@")[0])
            else:
                self.problem = "not configured: " + stanza.error

    # XEP-0198.

    def on_authenticated(self):
        if self.resume_id:
            self.stream.write(f"<resume xmlns='{SM}' previd='{self.resume_id}' h='{self.heard}'/>")
        else:
            super().on_authenticated()

    def on_bound(self):
        if self.managed:
            self.stream.write(f"<enable xmlns='{SM}' resume='true'/>")
        else:
            self.join()

    def on_enabled(self, stanza):
        self.resume_id, self.is_counting, self.heard, self.counted = stanza["id"], True, 0, 0
        self.unacknowledged.clear()
        self.join()

    def on_resumed(self, stanza):
        self.resumptions += 1
        self.observer.breaks.append((time.monotonic(), "resumed"))
        self.is_counting = True
        self.on_count(int(stanza["h"]))
        refused = [number for number, _ in self.unacknowledged if number is not None and self.line(number).refused]
        self.unacknowledged = collections.deque(entry for entry in self.unacknowledged if entry[0] not in refused)
        for _, text in self.unacknowledged:
            self.stream.write(text)
        if self.has_been_inside:
            self.is_inside = True
            self.say_what_waits()
        self.stream.write(f"<r xmlns='{SM}'/>")

    def on_failed(self, stanza):
        """Not resumed: what was not acknowledged is said again in the new session, with the same ids."""
        if stanza["h"]:
            self.on_count(int(stanza["h"]))
        self.give_up_session()
        Visitor.on_authenticated(self)

    def give_up_session(self):
        self.again += [(number, text) for number, text in self.unacknowledged if number is not None]
        self.unacknowledged.clear()
        self.resume_id, self.has_been_inside = "", False

    def on_put_out(self):
        self.give_up_session()
        self.stream.abort()

    def on_count(self, count):
        while self.counted < count and self.unacknowledged:
            self.counted += 1
            number, _ = self.unacknowledged.popleft()
            if number is not None:
                self.ledger.acknowledge(self.writer, number, time.monotonic(), "counted")

    def on_stanza(self, stanza):
        if self.is_counting and stanza.name in ("message", "presence", "iq"):
            self.heard += 1
            if self.heard % 16 == 0:
                self.stream.write(f"<a xmlns='{SM}' h='{self.heard}'/>")
        super().on_stanza(stanza)

    def on_request(self, _):
        self.stream.write(f"<a xmlns='{SM}' h='{self.heard}'/>")

    def send(self, text, number=None):
        if self.is_counting:
            self.unacknowledged.append((number, text))
        self.stream.write(text)

    # The conversation.

    has_been_inside = False

    def on_inside(self):
        self.has_been_inside = True
        if self.observer.inside_at is None:
            self.observer.inside_at = time.monotonic()
        else:
            self.rejoins += 1
            self.observer.breaks.append((time.monotonic(), "rejoined"))
        again, self.again = self.again, []
        for number, text in again:
            line = self.line(number)
            if line.acknowledged_at is None and not line.refused:
                line.repeats += 1
                self.send(text, number)
        self.say_what_waits()

    def say_what_waits(self):
        waiting, self.waiting = self.waiting, []
        for number, padding in waiting:
            self.say(number, padding)

    def say(self, number, padding):
        if not self.is_inside or not self.stream.is_open:
            if self.managed:
                self.waiting.append((number, padding))
            return
        room = self.room.partition("@")[0]
        kind = "managed" if self.managed else "plain"
        self.ledger.send(Line(self.writer, number, room, kind, self.gateway.index, time.monotonic()))
        self.send(f"<message to='{self.room}' type='groupchat' id='m{self.writer}-{number}'>"
                  f"<body>w{self.writer} n{number} {padding}</body></message>", number)
        if self.managed and number % ASKS_EVERY == 0:
            self.stream.write(f"<r xmlns='{SM}'/>")

    def line(self, number):
        return self.ledger.lines[self.writer, number]

    def ask(self):
        """At the end: what is still not acknowledged?"""
        if self.is_counting and self.stream.is_open:
            self.stream.write(f"<r xmlns='{SM}'/>")

    def is_settled(self):
        return self.is_inside and not self.waiting and not self.again and not any(n is not None for n, _ in self.unacknowledged)

    def on_line(self, body, id):
        at = time.monotonic()
        line = self.ledger.see(self.observer, body, at, self.is_inside, id)
        if line and line.writer == self.writer:
            self.ledger.acknowledge(self.writer, line.number, at, "reflected")

    def on_refusal(self, stanza):
        found = re.fullmatch(r"m(\d+)-(\d+)", stanza["id"])
        if found:
            self.ledger.refuse(int(found[1]), int(found[2]), stanza.error)

    def on_notice(self, text):
        found = re.match(r'Not confirmed: "w(\d+) n(\d+) ', text)
        if found:
            self.ledger.lines[int(found[1]), int(found[2])].not_confirmed = True

    HANDLERS = {**Visitor.HANDLERS, "enabled": on_enabled, "resumed": on_resumed, "failed": on_failed, "r": on_request,
                "a": lambda self, stanza: self.on_count(int(stanza["h"]))}
