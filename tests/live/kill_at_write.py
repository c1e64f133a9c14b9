"""kill -9 at every write: the gateway is killed before, in the middle of and after its N-th write below its state directory.

One play, again and again: rooms are made to stay and changed, lines are said with the broker there and away, others publish.
Whenever it was killed, the next process starts, and has what was answered, shown or acknowledged, each line once, in order.
In the test some of the writes, drawn by `--seed N`; with `--all` every one, an hour.
"""
import asyncio
import json
import os
import random
import signal
import sys
import time
from pathlib import Path

from harness import Failure, Test, eventually, in_loop, run, want, want_equal
from house import BY_FORM, BY_RULE, EVER, ORDINARY, TOPICS, House, affiliation, ask, options, subject, submit, those_who_are

HOW = ("before", "torn", "after")
LINES = 4  # of each kind


def build_library(test):
    library = test.path("library") / "kill_at_write.so"
    code, out, errors = run(["cc", "-shared", "-fPIC", "-O1", "-o", library, Path(__file__).with_suffix(".c"), "-ldl"])
    want(code == 0, f"the library: {out}{errors}")
    return library


class Play:
    """What was answered, in the order of the play; it ends where the gateway dies."""

    def __init__(self, house):
        self.house = house
        self.answered = set()
        self.shown = {room: [] for room in TOPICS}  # of romeo, to romeo
        self.foreign = []                           # that the broker took

    async def perform(self):
        house = self.house
        romeo = await house.enter("romeo", BY_RULE)
        for room in (BY_FORM, ORDINARY):
            romeo.send_raw(f"<presence to='{room}/romeo'><x xmlns='http://jabber.org/protocol/muc'/></presence>")
            await self.until(romeo, lambda: subject(romeo, room) is not None)
        self.romeo = romeo
        await self.change(BY_FORM, "persistent", submit(persistentroom=1, roomdesc="first"))
        await self.say("up")
        for n in range(LINES):
            body = f"foreign {n}"
            house.broker.publish("kept", json.dumps({"body": body, "id": body}), "-q", "1")
            self.foreign.append(body)
        await self.until(romeo, lambda: body in romeo.bodies(BY_RULE))
        await self.change(BY_FORM, "member", affiliation("juliet", "member"))
        await self.change(BY_FORM, "second", submit(persistentroom=1, roomdesc="second"))
        romeo.send_raw(f"<message to='{BY_FORM}' type='groupchat'><subject>The balcony</subject></message>")
        await self.until(romeo, lambda: subject(romeo, BY_FORM) == "The balcony")
        self.answered.add("subject")
        house.broker.stop()
        await self.say("away")
        house.broker.start()
        await self.until(romeo, lambda: self.is_drained())
        await self.say("back")

    def is_drained(self):
        status = self.house.gateway.status()
        main = status and status["brokers"]["main"]
        return main and main["state"] == "up" and main["spooled"] == 0 and main["in_flight"] == 0

    async def until(self, player, question):
        """Or until it is dead."""
        end = time.monotonic() + 20
        while not question():
            want(self.house.gateway.child.running() and not player.ended, "it died")
            want(time.monotonic() < end, f"not within 20 s; seen last: {[str(s) for s in player.seen[-3:]]}")
            await asyncio.sleep(0.01)

    async def change(self, room, what, inner):
        id, at = self.romeo.new_id(), len(self.romeo.seen)
        self.romeo.send_raw(f"<iq type='set' to='{room}' id='{id}'>{inner}</iq>")
        await self.until(self.romeo, lambda: self.romeo.answer(id, at))
        want_equal(self.romeo.answer(id, at).type, "result", what)
        self.answered.add(what)

    async def say(self, word):
        """In every room; what comes back before it dies is shown."""
        said = {room: [f"{word} {n} in {topic}" for n in range(LINES)] for room, topic in TOPICS.items()}
        for n in range(LINES):
            for room in TOPICS:
                self.romeo.say(room, said[room][n])
        await self.until(self.romeo, lambda: all(said[room][-1] in self.romeo.bodies(room) for room in TOPICS))

    def note_shown(self):
        if hasattr(self, "romeo"):
            for room in TOPICS:
                self.shown[room] = [body for body in self.romeo.bodies(room) if not body.startswith("foreign")]


def is_in_order(part, whole):
    left = iter(whole)
    return all(any(each == one for each in left) for one in part)


async def look_again(play):
    """By another process, that nothing kills."""
    house, gateway = play.house, play.house.gateway
    gateway.env = dict(os.environ)
    if not house.broker.child.running():
        house.broker.start()
    gateway.start()
    eventually(play.is_drained, f"the spool is drained: {gateway.status()}")
    readers = {room: await house.enter("juliet", room, since=EVER) for room in TOPICS if room != ORDINARY}
    for room, reader in readers.items():
        reader.say(room, f"end of {room}")
        await reader.heard(f"end of {room}", room)
        past = reader.bodies(room)
        want_equal(len(past), len(set(past)), f"{room}: each line once: {past}")
        if room == BY_RULE or "persistent" in play.answered:
            want(is_in_order(play.shown[room], past), f"{room}: what was shown, in order: {play.shown[room]}; there is {past}")
    want(is_in_order(play.foreign, readers[BY_RULE].bodies(BY_RULE)), f"what others published: {readers[BY_RULE].bodies(BY_RULE)}")
    for room, topic in TOPICS.items():
        bodies, ids = published(house.witness, topic)
        shown = play.shown[room]
        eventually(lambda: set(shown) <= set(published(house.witness, topic)[0]),
                   f"{topic}: what was shown is published: {shown}; there is {published(house.witness, topic)}")
        bodies, ids = published(house.witness, topic)
        first = list(dict.fromkeys(bodies))
        want(is_in_order(shown, first), f"{topic}: in order: {shown}; there is {first}")
        want_equal(len(set(zip(bodies, ids))), len(first), f"{topic}: a second publication has the same id: {list(zip(bodies, ids))}")
    form = {}
    if "persistent" in play.answered:
        romeo = await house.enter("romeo", BY_FORM)
        form = await options(romeo, BY_FORM)
        want_equal(form["persistentroom"], "1", "it stays")
        want(form["roomdesc"] in (("second",) if "second" in play.answered else ("first", "second")), f"options: {form['roomdesc']}")
        members = await those_who_are(romeo, BY_FORM, "member")
        want("member" not in play.answered or "juliet@localhost" in members, f"members: {members}")
        want("subject" not in play.answered or subject(romeo, BY_FORM) == "The balcony", f"subject: {subject(romeo, BY_FORM)}")
        await ask(romeo, BY_FORM, "set", submit(persistentroom=1, roomdesc="third"))
    want_equal(gateway.stop(), 0, "its end")


def published(witness, topic):
    """Bodies and ids, of lines of rooms."""
    bodies, ids = [], []
    for message in witness.messages():
        if message["topic"] != topic:
            continue
        properties = message.get("properties", {}).get("user-properties", {})
        line = json.loads(message["payload"]) if message["payload"].startswith("{") else {
            "body": message["payload"], "id": properties.get("mucbridge-id", "")}
        if line["body"].startswith(("up", "away", "back")):
            bodies.append(line["body"])
            ids.append(line["id"])
    return bodies, ids


def play_once(test, library, at, how, durability):
    """Whether it was killed; where it was not to be (0), the number of writes."""
    counted = test.path("count") / "count"
    house = House(test, durability=durability, start=False)
    house.gateway.env |= {"LD_PRELOAD": str(library), "KILL_AT": str(at), "KILL_HOW": how, "KILL_COUNT": str(counted),
                          "KILL_FOLDER": f"{house.gateway.state}/"}
    play = Play(house)
    try:
        house.gateway.start()
        in_loop(play.perform())
    except Exception as trouble:  # whatever a client makes of a server that is gone
        want(at > 0, f"the play: {trouble}")
        eventually(lambda: not house.gateway.child.running(), f"it is dead: {trouble}", 5)
    play.note_shown()
    # Writes gather differently each time: one that is late in the play may never come.
    is_killed = not house.gateway.child.running()
    if not is_killed:
        code = house.gateway.stop()
        is_killed = at > 0 and code == -signal.SIGKILL  # ending, it writes as well
        want(is_killed or code == 0, f"its end: want 0, got {code}")
    in_loop(look_again(play))
    house.witness.child.kill()
    house.broker.stop()
    return is_killed if at else int(counted.read_text())


def options_of(parser):
    parser.add_argument("--seed", type=int, default=int(time.time()) % 100000, help="of the writes at which it is killed")
    parser.add_argument("--all", action="store_true", help="at every write")
    parser.add_argument("--durability", choices=("power", "process"), default="power")
    parser.add_argument("--sample", type=int, default=18)
    parser.add_argument("--at", type=int, default=0, help="this write alone, in each way")


def main(test):
    library, options_given = build_library(test), test.options
    with test.case("the whole play, and nothing dies"):
        count = play_once(test, library, 0, "before", options_given.durability)
        want(count > 50, f"writes: {count}")
    moments = [(at, how) for at in range(1, count + 1) for how in HOW]
    if options_given.at:
        moments = [(options_given.at, how) for how in HOW]
    elif not options_given.all:
        print(f"seed {options_given.seed}, {count} writes", flush=True)
        moments = random.Random(options_given.seed).sample(moments, options_given.sample)
    killed = 0
    for at, how in sorted(moments):
        with test.case(f"killed {how} write {at} of about {count}"):
            killed += play_once(test, library, at, how, options_given.durability)
    with test.case(f"{killed} of {len(moments)} times it was killed"):
        want(killed > len(moments) / 4, "most writes come every time")


if __name__ == "__main__":
    with Test(limit=7200 if "--all" in sys.argv else 280, options=options_of) as program:
        main(program)
