"""What the hostile tests share: a bridged gateway under attack, who talks beside it, and what the attack costs.

After each attack the talkers have lost nothing, and no line made them lose their patience; what it cost them is printed, for how
long a line takes is the machine's affair as well.
So is the memory that it took, and it is bounded where the binary is the usual one. The programs' first lines say which rows of
the table of hostile input they hold; what needs TLS, WebSocket or accounts is held by none.
"""
import contextlib
import json
import re
import resource
import select
import subprocess
import sys
import time
from pathlib import Path

import harness
from harness import Child, Failure, Gateway, Mosquitto, Raw, eventually, want

MOST = 64  # MiB that one attack may take
STREAMS = "urn:ietf:params:xml:ns:xmpp-streams"
STANZAS = "urn:ietf:params:xml:ns:xmpp-stanzas"

resource.setrlimit(resource.RLIMIT_NOFILE, (8192, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))


class Memory:
    """Of a process, in MiB: what is resident, and the most of it since `begin`."""

    def __init__(self, pid):
        self.folder = Path(f"/proc/{pid}")

    def _read(self, key):
        return int(re.search(rf"{key}:\s+(\d+)", (self.folder / "status").read_text())[1]) / 1024

    def begin(self):
        (self.folder / "clear_refs").write_text("5")  # proc(5): VmHWM begins anew
        self.before = self.now()

    def now(self):
        return self._read("VmRSS")

    def rise(self):
        return self._read("VmHWM") - self.before


class Talkers:
    """talkers.py in the room `beside`: what it says of each window of time."""

    def __init__(self, test, gateway, broker):
        folder = test.path("talkers")
        self.child = Child([sys.executable, Path(__file__).with_name("talkers.py"), gateway.port,
                            broker.port if broker else 0, "beside", harness.PATIENCE], folder / "talkers.log",
                           stdin=subprocess.PIPE)
        self.answers = 0
        self.wait("talking", 1)
        time.sleep(1.5)
        self.quiet = self.window()

    def wait(self, text, count):
        eventually(lambda: self.child.text().count(text) >= count or not self.child.running(), "the talkers answer",
                   2 * harness.PATIENCE)
        want(self.child.running(), f"the talkers go on: {self.child.text()[-600:]}")

    def window(self):
        """Ends a window and begins the next."""
        self.child.process.stdin.write(b"\n")
        self.child.process.stdin.flush()
        self.answers += 1
        self.wait("}\n", self.answers)
        answer = json.loads([line for line in self.child.text().splitlines() if line.startswith("{")][-1])
        want(answer["problem"] is None, f"beside it: {answer['problem']}")
        return answer


class Siege:
    """A broker, a gateway with these limits, and the talkers."""

    def __init__(self, test, limits=None, rules=None, flags=(), **more):
        self.test = test
        self.broker = Mosquitto(test, extra=["message_size_limit 0", "max_queued_messages 0",
                                              "set_tcp_nodelay true"])
        self.gateway = Gateway(test, *flags, config={
            "brokers": {"main": {"url": self.broker.url}}, "limits": limits or {},
            "rules": rules or [{"room": "{name}", "topic": "{name}"}], **more})
        self.talkers = Talkers(test, self.gateway, self.broker)

    @contextlib.contextmanager
    def watched(self):
        """What is done in it is beside the talkers; they, the gateway and its memory are looked at after it."""
        self.talkers.window()
        memory = Memory(self.gateway.child.pid)
        memory.begin()
        yield
        want(self.gateway.child.running(), "the gateway runs")
        during, quiet, rise = self.talkers.window(), self.talkers.quiet, memory.rise()
        print(f"      {during['lines']} lines beside it, p99 {quiet['p99']:.1f} ms before, {during['p99']:.1f} ms during"
              f" (slowest {during['max']:.0f} ms); memory {memory.before:.0f} MiB before, {rise:.1f} MiB more at most,"
              f" {memory.now():.0f} MiB after", flush=True)
        if self.test.options.slow == 1:
            want(rise < MOST, f"memory rose by {rise:.1f} MiB; want less than {MOST}")

    def attack(self, name, work, *what):
        with self.test.case(name), self.watched():
            work(self.gateway, *what)


def besiege(test, name, work, **options):
    """An attack on a gateway of its own, so that nothing before it hides what it takes. `work` has the Siege."""
    with test.case(name):
        one = Siege(test, **options)
        with one.watched():
            work(one)


# --- by hand ---------------------------------------------------------------------------------------------------------

def logged_in(gateway, name="mallory", resource="raw"):
    return Raw(gateway).login(name, resource=resource)


def presence(room, nick, id="j"):
    return f"<presence to='{room}@rooms.localhost/{nick}' id='{id}'><x xmlns='http://jabber.org/protocol/muc'/></presence>"


def line(room, body, id="m"):
    return f"<message to='{room}@rooms.localhost' type='groupchat' id='{id}'><body>{body}</body></message>"


def iq(to, content, id, type="set"):
    return f"<iq to='{to}' type='{type}' id='{id}'>{content}</iq>"


def ping(id):
    return iq("localhost", "<ping xmlns='urn:xmpp:ping'/>", id, "get")


def joined(raw, room, nick):
    raw.send(presence(room, nick))
    raw.until("<subject")
    return raw


def pump(raw, data, until, patience=None):
    """Sends it all and reads what comes meanwhile, until these words are there (or this is true of the bytes), or the peer
    closed; gives what was read."""
    data = memoryview(data.encode() if isinstance(data, str) else data)
    done = until if callable(until) else lambda got: got.find(until.encode(), max(0, len(got) - (1 << 18))) >= 0
    end, got = time.monotonic() + (patience or 2 * harness.PATIENCE), bytearray()
    raw.socket.setblocking(False)
    while not raw.closed and not done(got):
        want(time.monotonic() < end, f"{len(data)} bytes unsent, {len(got)} read, still waiting: {bytes(got[-300:])!r}")
        readable, writable, _ = select.select([raw.socket], [raw.socket] if data else [], [], 1)
        try:
            if writable:
                data = data[raw.socket.send(data[:1 << 18]):]
            if readable:
                more = raw.socket.recv(1 << 18)
                raw.closed = not more
                got += more
        except BlockingIOError:
            continue
        except OSError:
            raw.closed = True
    raw.socket.settimeout(harness.PATIENCE)
    return got.decode(errors="replace")


def stream_error(raw, *conditions):
    """Reads to the end of the stream and wants one of these conditions by name (RFC 6120 §4.9.3)."""
    text = raw.until_closed()
    found = re.search(rf"<stream:error><([a-z-]+) xmlns=['\"]{STREAMS}", text)
    want(found and found[1] in conditions, f"want the stream error {' or '.join(conditions)}, got {text[-300:]!r}")
    return text


def stanza_error(raw, id, *conditions):
    """Reads to the error stanza with this id, and gives it."""
    shape = re.compile(rf"<(presence|message|iq)\b[^>]*\bid=['\"]{id}['\"][^>]*>.*?</\1>", re.S)
    while not (found := shape.search(raw.text())):
        if not raw.receive():
            raise Failure(f"closed before an answer to {id}: {raw.text()[-300:]!r}")
    condition = re.search(rf"<([a-z-]+) xmlns=['\"]{STANZAS}", found[0])
    want(re.search(r"type=['\"]error", found[0]) and condition and condition[1] in conditions,
         f"want {' or '.join(conditions)}, got {found[0][:400]}")
    return found[0]
