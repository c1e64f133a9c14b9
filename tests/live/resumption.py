"""Sessions whose connection is cut in mid-conversation, with slixmpp's own stream management (XEP-0198) over TLS."""
import asyncio
import collections
import re
import ssl
import time
import xml.etree.ElementTree as ET

from harness import Client, Gateway, Mosquitto, Raw, Test, in_loop, want, want_equal
from secured import PASSWORD, House


class Unacknowledged(collections.deque):
    """slixmpp 1.8.3 forgets what was not acknowledged when it asks to be resumed, and could send none of it again."""

    def clear(self):
        pass


class Phone(Client):
    """A client that comes back by itself whenever its connection is gone, and goes on where it was."""

    plugins = (*Client.plugins, "xep_0198")

    @classmethod
    async def login(cls, house, jid, resource="phone"):
        self = cls(f"{jid}@localhost/{resource}", PASSWORD)
        self.house, self.comes_back, self.resumed, self.sessions = house, True, 0, 0
        self["xep_0198"].unacked_queue = Unacknowledged()
        self.ssl_context = ssl.create_default_context(cafile=house.ca)
        self.add_event_handler("session_start", self.on_session)
        self.add_event_handler("session_resumed", self.on_resumed)
        self.add_event_handler("disconnected", self.on_cut)
        self.call()
        await self.until(lambda: self.sessions, "a session")
        self.send_presence()
        return self

    def call(self):
        self.connect(("127.0.0.1", self.house.ports[0]), use_ssl=False, force_starttls=True)

    def on_session(self, _):
        self.sessions += 1
        self.news.set()

    def on_resumed(self, _):
        self.resumed += 1
        self.news.set()

    def on_cut(self, _):
        if self.comes_back:
            asyncio.get_running_loop().call_later(0.2, self.call)

    def ask_to_join(self, room, nick):
        """As a stanza that it counts."""
        presence = self.make_presence(pto=f"{room}/{nick}")
        presence.append(ET.Element("{http://jabber.org/protocol/muc}x"))
        presence.send()

    async def cut(self):
        """As when a phone leaves the house: the socket is gone without a word."""
        before = self.resumed + self.sessions
        self.transport.abort()
        await self.until(lambda: self.resumed + self.sessions > before, "it is back")

    async def bye(self):
        self.comes_back = False
        await super().bye()


async def conversation(house, room, times=3, lines=10):
    """Everybody talks, and the phone's connection is cut in the middle of it."""
    topic = room.partition("@")[0].replace(".", "/")
    sub = house.broker.subscribe(topic)
    romeo, juliet = await Phone.login(house, "romeo"), await Phone.login(house, "juliet", "desk")
    await romeo.join(room, "Romeo")
    await juliet.join(room, "Juliet")
    entered = len(juliet.seen)
    said, others = [], []
    for turn in range(times):
        for n in range(lines):
            said.append(f"romeo {turn} {n}")
            romeo.say(room, said[-1])
            others.append(f"juliet {turn} {n}")
            juliet.say(room, others[-1])
        others.append(f"a device {turn}")
        house.broker.publish(topic, others[-1])
        cut = asyncio.ensure_future(romeo.cut())
        await asyncio.sleep(0.05)
        others.append(f"while he is away {turn}")
        juliet.say(room, others[-1])
        await cut
    romeo.say(room, "the end")
    for client in (romeo, juliet):
        await client.until(lambda: len(set(client.bodies(room))) >= len(said) + len(others) + 1, "every line is there")
        await client.heard("the end", room)
    want_equal(romeo.resumed, times, "how often he was resumed")
    want_equal(romeo.sessions, 1, "one session all the time")
    for client in (romeo, juliet):
        want_equal(sorted(client.bodies(room)), sorted([*said, *others, "the end"]), f"{client.boundjid}: every line, once")
    want_equal(romeo.bodies(room), juliet.bodies(room), "one order [S3]")
    want_equal([body for body in juliet.bodies(room) if body in said], said, "his own order")
    want(all(s.kind != "presence" for s in juliet.seen[entered:]), "nobody saw him leave")
    published = [m["payload"] for m in sub.wait_for(len(said) + len(others) + 1)]
    want_equal(sorted(published), sorted([*said, *others, "the end"]), "what is on the topic, once each")
    await romeo.bye()
    await juliet.bye()


async def too_late(house, room):
    """A session that was not resumed in time is another one; what is said again is not said twice."""
    topic = room.partition("@")[0].replace(".", "/")
    sub = house.broker.subscribe(topic)
    juliet = await Phone.login(house, "juliet", "desk")
    await juliet.join(room, "Juliet")
    romeo = await Phone.login(house, "romeo")
    await romeo.join(room, "Romeo")
    ids = [romeo.say(room, f"line {n}") for n in range(5)]
    await juliet.heard("line 4", room)
    romeo.comes_back = False
    romeo.transport.abort()
    gone = lambda: any(s.kind == "presence" and s.type == "unavailable" and s.nick == "Romeo" for s in juliet.seen)
    await juliet.until(gone, "he is out of the room once his time is over")
    again = await Phone.login(house, "romeo")
    await again.join(room, "Romeo")
    for n, id in enumerate(ids):
        again.say(room, f"line {n}", id)
    again.say(room, "something new")
    await juliet.heard("something new", room)
    want_equal(juliet.bodies(room), [*(f"line {n}" for n in range(5)), "something new"], "each line once")
    want_equal([m["payload"] for m in sub.wait_for(6)], juliet.bodies(room), "the topic")
    await again.bye()
    await juliet.bye()


def silent(gateway):
    """A peer that answers nothing is found in time; one that may be resumed waits then."""
    plain, managed = Raw(gateway, 20), Raw(gateway, 20)
    plain.login("quiet", resource="a")
    managed.login("quiet", resource="b")
    managed.send("<enable xmlns='urn:xmpp:sm:3' resume='true'/>")
    id = re.search("id='([^']+)'", managed.until("<enabled")).group(1)
    started = time.monotonic()
    want("connection-timeout" in plain.until_closed(), f"it is told why: {plain.text()[-300:]}")
    want("<ping xmlns='urn:xmpp:ping'" in plain.text(), "it was asked")
    managed.until_closed()
    want("<r xmlns='urn:xmpp:sm:3'/>" in managed.text(), "it was asked for an acknowledgement")
    want(time.monotonic() - started > 4, "not at once")
    again = Raw(gateway, 20)
    again.open()
    again.send("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AHF1aWV0AGFueQ==</auth>")
    again.until("<success")
    again.got = b""
    again.open()
    again.send(f"<resume xmlns='urn:xmpp:sm:3' previd='{id}' h='0'/>")
    again.until(f"<resumed xmlns='urn:xmpp:sm:3' previd='{id}'")
    for raw in (plain, managed, again):
        raw.close()


def ends_in_time(test, house):
    started = time.monotonic()
    want_equal(house.gateway.stop(), 0, "its exit code")
    want(time.monotonic() - started < 5, "within 5 s")


with Test(limit=150) as test:
    for loops in (1, 2):
        house = House(test, "--loops", str(loops), broker=Mosquitto(test))
        with test.case(f"cut three times in mid-conversation: every line once, one order, {loops} loops [S1, S2, S3, XEP-0198 §5]"):
            in_loop(conversation(house, f"cut.{loops}@rooms.localhost"))
        with test.case(f"SIGTERM while a session waits to be resumed, {loops} loops"):
            async def leave_one():
                phone = await Phone.login(house, "romeo")
                phone.comes_back = False
                phone.transport.abort()
                await asyncio.sleep(0.2)
            in_loop(leave_one())
            ends_in_time(test, house)
    with test.case("not resumed in time: out of the room, and what is sent again is said once [XEP-0198 §4]"):
        in_loop(too_late(House(test, broker=Mosquitto(test), limits={"resume_time": 2}), "late@rooms.localhost"))
    with test.case("a peer that says nothing any longer is found [limits/idle_time, limits/answer_time]"):
        silent(Gateway(test, broker="memory:", config={"limits": {"idle_time": 5, "answer_time": 1}}))
