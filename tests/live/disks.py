"""State that cannot be read or written: a gateway that does not start says which file and why; one whose disk fills up
while it runs refuses what it cannot keep, says so, loses nothing that it showed, and is well again when there is room.

The disks are tmpfs in a mount namespace of the test's own; where that is not permitted those cases are skipped.
"""
import asyncio
import ctypes
import os
import shutil
import sqlite3
import subprocess

from harness import Client, Gateway, Mosquitto, Test, eventually, in_loop, run, want, want_equal

KEPT, ORDINARY = "kept@rooms.localhost", "passing@rooms.localhost"
TOPICS = {KEPT: "kept", ORDINARY: "passing"}
CLONE_NEWNS = 0x20000
SYSTEM = 69  # not the configuration's fault, which would be 78
PADDING = " " + "x" * 4000


def own_mounts(test):
    """Why not, or nothing: from now on what is mounted is seen by this process and its children alone."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNS) != 0:
        return f"no mount namespace: {os.strerror(ctypes.get_errno())}"
    for words in (["--make-rprivate", "/"], ["-t", "tmpfs", "-o", "size=64k", "probe", str(test.path("probe"))]):
        code, _, errors = run(["mount", *words])
        if code != 0:
            return errors.strip()
    return ""


def mount(*words):
    code, _, errors = run(["mount", *words])
    want(code == 0, f"mount: {errors}")


# --- a state directory that is no good -----------------------------------------------------------------------------

def used_state(test):
    """Of a gateway that ran, ended, and left its files."""
    gateway = Gateway(test, broker="memory:")
    want_equal(gateway.stop(), 0, "its end")
    return gateway.state


def does_not_start(test, state, *words):
    """Whether the directory is given by its relative name or its whole one."""
    for name in (state.name, str(state)):
        code, out, errors = run(["env", "-C", state.parent, test.binary, "run", "--state", name, "--broker", "memory:",
                                 "--listen", "xmpp://127.0.0.1:0"])
        want_equal(code, SYSTEM, f"exit code: {errors}")
        last = errors.splitlines()[-1]
        want(last.startswith("mucbridge: "), f"the last word is why: {errors}")
        for word in words:
            want(word in last, f"it says {word!r}: {last}")
        want("listening" not in errors + out, f"it did not begin: {errors}")


def damaged(test, what):
    state = used_state(test)
    database = state / "mucbridge.db"
    if what == "header":
        with open(database, "r+b") as file:
            file.write(os.urandom(100))
    elif what == "pages":
        with open(database, "r+b") as file:
            file.seek(100)
            file.write(b"\xff" * (database.stat().st_size - 100))
    else:
        database.write_text("Dear diary, this is no database.\n" * 200)
    before = database.read_bytes()
    does_not_start(test, state, "mucbridge.db", "is damaged", ".recover")
    want_equal(database.read_bytes(), before, "it is left as it is")


def newer(test):
    state = used_state(test)
    with sqlite3.connect(state / "mucbridge.db") as connection:
        connection.execute("PRAGMA user_version = 99")
    does_not_start(test, state, "mucbridge.db", "newer mucbridge", "schema 99", "--state")


def journal_is_a_file(test):
    state = used_state(test)
    shutil.rmtree(state / "journal")
    (state / "journal").write_text("")
    does_not_start(test, state, "state/journal", "directory")


def read_only(test, is_new):
    state = test.path("new") / "state" if is_new else used_state(test)
    state.mkdir(exist_ok=True, mode=0o700)
    mount("--bind", state, state)
    mount("-o", "remount,bind,ro", state)
    does_not_start(test, state, "state/", "Read-only file system")


# --- a disk that fills up while the gateway runs ---------------------------------------------------------------------

class FullHouse:
    """A broker, a gateway with its state on a small disk, romeo and juliet in a room that stays and in one that does not."""

    def __init__(self, test):
        self.disk = test.path("disk")
        mount("-t", "tmpfs", "-o", "size=16m,mode=700", "state", self.disk)
        data = test.path("data")
        self.broker = Mosquitto(test, extra=["persistence true", f"persistence_location {data}/", "max_queued_messages 0"])
        self.gateway = Gateway(test, state=self.disk / "state", config={
            "brokers": {"main": {"url": self.broker.url}},
            "rules": [{"room": "kept", "topic": "kept", "persistent": True}, {"room": "{name}", "topic": "{name}"}]})
        self.witness = self.broker.subscribe(*TOPICS.values(), more=("-c", "-i", "witness", "-x", "3600"))
        self.said = {room: [] for room in TOPICS}

    async def open(self):
        self.romeo, self.juliet = [await Client.login(self.gateway, f"{name}@localhost") for name in ("romeo", "juliet")]
        for room in TOPICS:
            await self.romeo.join(room, "Romeo")
            await self.juliet.join(room, "Juliet")
        return self

    def fill(self, left):
        """All but so many bytes."""
        space = os.statvfs(self.disk)
        with open(self.disk / "ballast", "wb") as file:
            file.write(bytes(max(0, space.f_bavail * space.f_frsize - left)))

    def lose_broker(self):
        """What was sent to it and not confirmed would wait for it, refused or not: here nothing is on its way."""
        self.broker.stop()
        eventually(lambda: self.gateway.broker_state() != "up", "the gateway knows that the broker is away")

    def make_room(self):
        (self.disk / "ballast").unlink()

    async def say(self, word, count):
        """In both rooms; every line comes to be shown or refused, and to its speaker never both."""
        for n in range(count):
            for room in TOPICS:
                body = f"{word} {n}{PADDING}"
                self.said[room].append(body)
                self.romeo.say(room, body, id=f"{word} {n}")
        bodies = {room: {body for body in self.said[room] if body.startswith(word + " ")} for room in TOPICS}
        for room in TOPICS:
            await self.romeo.until(lambda: bodies[room] <= set(self.shown(room)) | self.refused(room),
                                   f"lines of {room} are shown or refused")
            want(not set(self.shown(room)) & self.refused(room), f"{room}: what is refused is not shown [S5]")

    def shown(self, room):
        return self.romeo.bodies(room)

    def refused(self, room):
        return {f"{error.id}{PADDING}" for error in self.romeo.errors() if error.room == room}

    def store(self):
        return self.gateway.status()["store"]

    def well_again(self):
        eventually(lambda: (now := self.store())["state"] == "well" and now["waiting_bytes"] == 0, f"well again: {self.store()}")
        code, out, _ = self.gateway.command("status")
        want("store: well" in out, f"for people: {out}")

    def failing(self):
        code, out, errors = self.gateway.command("status")
        want("store: failing" in out and "disk is full" in out and "mucbridge.db" in out, f"status: {out}{errors}")

    async def until_drained(self):
        code, _, errors = self.gateway.command("wait", "--timeout", "40")
        want_equal(code, 0, f"ready again: {errors}")
        eventually(lambda: (b := self.gateway.status()["brokers"]["main"])["in_flight"] == 0 and b["waiting"] == 0, "all is published")

    async def want_published(self):
        """Nothing shown is lost: both saw it, and the broker has it; each line once, in order."""
        for room, topic in TOPICS.items():
            shown = self.shown(room)
            await self.juliet.until(lambda: set(self.juliet.bodies(room)) >= set(shown), f"juliet sees what romeo sees in {room}")
            want_equal(brief(self.juliet.bodies(room)), brief(shown), f"{room}: the same, in one order, once")
            want_equal(brief(shown), brief(body for body in self.said[room] if body in set(shown)), f"{room}: in his order, once")
            self.broker.publish(topic, "end", "-q", "1")
            eventually(lambda: "end" in self.witness.payloads(topic), f"the witness hears the end of {topic}")
            want_equal(brief(self.witness.payloads(topic)), brief(shown + ["end"]), f"what was published to {topic}")
            await self.juliet.heard("end", room)

    def archived(self):
        with sqlite3.connect(f"file:{self.gateway.state / 'mucbridge.db'}?mode=ro", uri=True) as database:
            return [body for body, in database.execute("SELECT body FROM archive ORDER BY number")]

    async def want_archived(self):
        """What the disk did not take is offered again; then it outlives the process, and is published by no later one."""
        shown = self.juliet.bodies(KEPT)
        eventually(lambda: len(self.archived()) >= len(shown), "all is archived")
        self.gateway.child.kill()
        self.gateway.start()
        await self.until_drained()
        reader = await Client.login(self.gateway, "nurse@localhost")
        reader.send_raw(f"<presence to='{KEPT}/Nurse'><x xmlns='http://jabber.org/protocol/muc'>"
                        "<history since='2000-01-01T00:00:00Z'/></x></presence>")
        reader.say(KEPT, "last")
        await reader.heard("last", KEPT)
        want_equal(brief(reader.bodies(KEPT)), brief(shown + ["last"]), "the history")
        self.witness.wait("last")
        want_equal(brief(self.witness.payloads("kept")), brief(shown + ["last"]), "what was published")


def brief(bodies):
    return [body.removesuffix(PADDING) for body in bodies]


async def full_while_away(test):
    house = await FullHouse(test).open()
    await house.say("before", 5)
    await house.until_drained()
    eventually(lambda: house.broker.child.text().count("Received PUBACK from witness") >= 5 * len(TOPICS),
               "the broker has nothing to repeat to the witness")
    house.lose_broker()
    house.fill(left=400_000)
    await house.say("away", 80)
    for room in TOPICS:
        errors = [error for error in house.romeo.errors() if error.room == room]
        want(0 < len(errors) < 80, f"{room}: some find room, and some do not: {len(errors)} of 80 are refused")
        for error in errors:
            want_equal((error.kind, error.error), ("message", "resource-constraint"), "the refusal")
            want("disk is full" in (error.error_text or ""), f"it says why: {error.error_text}")
    house.failing()
    house.make_room()
    await house.say("room again", 5)
    for room in TOPICS:
        want(f"room again 4{PADDING}" in house.shown(room), f"{room}: lines find room again")
    house.well_again()
    house.broker.start()
    await house.until_drained()
    await house.say("after", 3)
    house.well_again()
    await house.want_published()
    await house.want_archived()


async def full_when_the_broker_is_back(test):
    """With the broker up a line needs no disk."""
    house = await FullHouse(test).open()
    house.lose_broker()
    house.fill(left=400_000)
    await house.say("away", 80)
    house.failing()
    house.broker.start()
    await house.until_drained()
    at = len(house.romeo.errors())
    await house.say("flows", 10)
    want_equal(house.romeo.errors()[at:], [], "lines flow while the disk is full")
    for room in TOPICS:
        await house.juliet.heard(f"flows 9{PADDING}", room)
    house.failing()
    house.make_room()
    house.well_again()
    await house.say("after", 3)
    await house.want_published()
    eventually(lambda: len(house.archived()) >= len(house.juliet.bodies(KEPT)), "all is archived")
    want_equal(brief(house.archived()), brief(house.juliet.bodies(KEPT)), "in the order in which it was shown, once")
    house.well_again()
    await house.want_archived()


with Test(limit=200) as test:
    for what in ("header", "pages", "text"):
        with test.case(f"a damaged database ({what}) is told by name, and left as it is"):
            damaged(test, what)
    with test.case("so is one of a newer version"):
        newer(test)
    with test.case("and a journal that is a file"):
        journal_is_a_file(test)
    why_not = own_mounts(test)
    for name, play in (("a state directory on a read-only disk is told by name", lambda: read_only(test, False)),
                       ("a new one, too", lambda: read_only(test, True)),
                       ("a disk that fills up while the broker is away: refusals, and nothing shown is lost",
                        lambda: in_loop(full_while_away(test))),
                       ("a disk that is full when the broker is back: lines flow, and nothing is lost",
                        lambda: in_loop(full_when_the_broker_is_back(test)))):
        if why_not:
            test.skip(name, why_not)
            continue
        with test.case(name):
            play()
