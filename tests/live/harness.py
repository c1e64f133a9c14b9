"""What the live tests share: servers that end with the test, clients that remember what they saw, cases with names.

A test is a program: `main_job.py --binary build/release/mucbridge`. Each case prints one line,
and a failed one its reason and the ends of the logs.
"""
import argparse
import asyncio
import base64
import contextlib
import ctypes
import json
import os
import random
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
import xml.etree.ElementTree as ET
from pathlib import Path

warnings.filterwarnings("ignore")

PATIENCE = float(os.environ.get("MUCBRIDGE_TEST_PATIENCE", "20"))  # seconds that something may take on a busy machine


class Failure(AssertionError):
    pass


def want(condition, text):
    if not condition:
        raise Failure(text)


def want_equal(got, wanted, text):
    if got != wanted:
        raise Failure(f"{text}: want {wanted!r}, got {got!r}")


def eventually(question, text, patience=None):
    """Asks until the answer is true, and returns it."""
    end = time.monotonic() + (patience or PATIENCE)
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > end:
            raise Failure(f"not within {patience or PATIENCE:g} s: {text}")
        time.sleep(0.02)


def free_port():
    """One that stays free while its server is away: the system gives it to no connection that somebody opens."""
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    while True:
        port = random.randrange(10000, lowest) if lowest > 20000 else 0
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do
            with contextlib.suppress(OSError):
                s.bind(("127.0.0.1", port))
                return s.getsockname()[1]


def accepts(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


# --- processes -------------------------------------------------------------------------------------------------------

_children = []
_libc = ctypes.CDLL(None)


def _dies_with_us():
    _libc.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


class Child:
    """A process in a group of its own, with its output in a file; it does not outlive the test."""

    def __init__(self, command, log, env=None, cwd=None, stdin=subprocess.DEVNULL):
        self.log = Path(log)
        self.command = [str(word) for word in command]
        with open(self.log, "ab") as out:
            self.process = subprocess.Popen(self.command, stdin=stdin, stdout=out, stderr=subprocess.STDOUT, env=env,
                                            cwd=cwd, process_group=0, preexec_fn=_dies_with_us)
        _children.append(self)

    @property
    def pid(self):
        return self.process.pid

    def text(self):
        return self.log.read_text(errors="replace")

    def running(self):
        return self.process.poll() is None

    def signal(self, number):
        if self.running():
            self.process.send_signal(number)

    def wait(self, patience=None):
        try:
            return self.process.wait(patience or PATIENCE)
        except subprocess.TimeoutExpired:
            raise Failure(f"still running after {patience or PATIENCE:g} s: {' '.join(self.command)}") from None

    def stop(self, patience=None):
        self.signal(signal.SIGTERM)
        return self.wait(patience)

    def kill(self):
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()


def _end_all():
    for child in reversed(_children):
        child.kill()
    _children.clear()


def run(command, stdin=None, patience=None, env=None):
    """A command to its end: (exit code, stdout, stderr)."""
    try:
        done = subprocess.run([str(word) for word in command], input=stdin, capture_output=True, text=True, errors="replace", env=env,
                              timeout=patience or PATIENCE, preexec_fn=_dies_with_us)
    except subprocess.TimeoutExpired:
        raise Failure(f"still running after {patience or PATIENCE:g} s: {command}") from None
    return done.returncode, done.stdout, done.stderr


# --- a test program --------------------------------------------------------------------------------------------------

class Test:
    """The folder, the binary, the cases. `with Test() as test: ... with test.case("..."): ...`"""

    def __init__(self, limit=300, options=None):
        parser = argparse.ArgumentParser()
        parser.add_argument("--binary", default=os.environ.get("BINARY", "build/release/mucbridge"))
        parser.add_argument("--slow", type=float, default=1, help="how many times slower the binary is than usual")
        if options:
            options(parser)
        self.options = parser.parse_args()
        self.binary = Path(self.options.binary).resolve()
        global PATIENCE
        PATIENCE *= self.options.slow
        self.passed, self.failed, self.skipped = 0, [], []
        self.limit = int(limit * self.options.slow)
        self.count = 0

    def __enter__(self):
        if not self.binary.exists():
            sys.exit(f"{self.binary} does not exist; --binary says where the gateway is")
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        signal.signal(signal.SIGALRM, self._late)
        signal.alarm(self.limit)
        self.folder = Path(tempfile.mkdtemp(prefix="mucbridge-test-"))
        return self

    def _late(self, *_):
        raise Failure(f"the whole test took more than {self.limit} s")

    def __exit__(self, kind, error, trace):
        signal.alarm(0)
        if kind is not None and kind is not SystemExit:
            self.failed.append("outside the cases")
            traceback.print_exception(kind, error, trace)
            self.show_logs()
        _end_all()
        shutil.rmtree(self.folder, ignore_errors=True)
        if kind is SystemExit:
            return False
        print(f"{self.passed} passed, {len(self.failed)} failed, {len(self.skipped)} skipped", flush=True)
        for name in self.failed:
            print(f"  failed: {name}")
        sys.stdout.flush()
        os._exit(1 if self.failed or not self.passed else 0)

    def case(self, name):
        return Case(self, name)

    def skip(self, name, why):
        self.skipped.append(name)
        print(f"skip  {name}: {why}", flush=True)

    def show_logs(self, since=0):
        """The ends of the logs of what was started after so many folders."""
        for log in sorted(self.folder.rglob("*.log")):
            if int(log.relative_to(self.folder).parts[0][:2]) <= since:
                continue
            lines = log.read_text(errors="replace").splitlines()[-25:]
            if lines:
                print(f"      --- {log.relative_to(self.folder)}")
                for line in lines:
                    print(f"      {line[:400]}")
        sys.stdout.flush()

    def path(self, name):
        self.count += 1
        path = self.folder / f"{self.count:02}-{name}"
        path.mkdir()
        return path


class Case:
    """A named block; its failure is printed and the next case goes on. Servers started in it end with it."""

    def __init__(self, test, name):
        self.test, self.name = test, name

    def __enter__(self):
        self.started = time.monotonic()
        self.before = len(_children)
        self.folders = self.test.count
        return self

    def __exit__(self, kind, error, trace):
        took = time.monotonic() - self.started
        if kind is None:
            self.test.passed += 1
            print(f"ok    {self.name} ({took:.1f} s)", flush=True)
        elif issubclass(kind, (Exception, asyncio.CancelledError)):
            self.test.failed.append(self.name)
            print(f"FAIL  {self.name} ({took:.1f} s): {error or kind.__name__}", flush=True)
            where = traceback.extract_tb(trace)
            print("      at " + ", ".join(f"{Path(f.filename).name}:{f.lineno}" for f in where[-3:]))
            if not isinstance(error, Failure):
                traceback.print_exception(kind, error, trace)
            self.test.show_logs(0 if self.folders == self.test.count else self.folders)
        else:
            return False
        for child in reversed(_children[self.before:]):
            child.kill()
        del _children[self.before:]
        return True


# --- servers ---------------------------------------------------------------------------------------------------------

class Mosquitto:
    """A broker on loopback; `extra` is more of its configuration, `users` are passwords by name, `acl` its ACL file."""

    def __init__(self, test, extra=(), users=None, acl=None, port=None, start=True):
        self.folder = test.path("mosquitto")
        self.port = port or free_port()
        lines = [f"listener {self.port} 127.0.0.1", "log_type all", "connection_messages true", *extra]
        if os.geteuid() == 0:
            lines.append("user root")
        if users is None:
            lines.append("allow_anonymous true")
        else:
            passwords = self.folder / "passwords"
            passwords.write_text("".join(f"{name}:{word}\n" for name, word in users.items()))
            subprocess.run(["mosquitto_passwd", "-U", passwords], check=True)
            passwords.chmod(0o600)
            lines += ["allow_anonymous false", f"password_file {passwords}"]
        if acl is not None:
            (self.folder / "acl").write_text(acl)
            (self.folder / "acl").chmod(0o600)
            lines.append(f"acl_file {self.folder / 'acl'}")
        self.conf = self.folder / "mosquitto.conf"
        self.conf.write_text("\n".join(lines) + "\n")
        self.child = None
        if start:
            self.start()

    @property
    def url(self):
        return f"mqtt://127.0.0.1:{self.port}"

    def start(self):
        program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
        self.child = Child([program, "-c", self.conf], self.folder / "mosquitto.log")
        eventually(lambda: accepts(self.port) or not self.child.running(), "mosquitto accepts connections")
        want(self.child.running(), "mosquitto did not start:\n" + self.child.text())

    def stop(self):
        self.child.stop()

    def kill(self):
        self.child.kill()

    def publish(self, topic, message, *more):
        code, _, errors = run(["mosquitto_pub", "-p", self.port, "-t", topic, "-m", message, *more])
        want(code == 0, f"mosquitto_pub: {errors}")

    def subscribe(self, *topics, more=()):
        return Subscriber(self, topics, more)

    def retained(self, topic):
        """The retained message of a topic, or None."""
        code, out, _ = run(["mosquitto_sub", "-p", self.port, "-t", topic, "-C", 1, "-W", 2])
        return out.rstrip("\n") if code == 0 else None


class Subscriber:
    """mosquitto_sub, subscribed when this returns. Each message is its JSON: topic, payload, qos, retain, properties."""

    def __init__(self, broker, topics, more):
        name = "sub-" + re.sub(r"\W+", "_", "-".join(topics))[:40]
        words = [word for topic in topics for word in ("-t", topic)]
        self.child = Child(["stdbuf", "-oL", "mosquitto_sub", "-d", "-p", broker.port, "-q", "1", "-V", "mqttv5",
                            "-F", "JSON %j", *words, *more], broker.folder / f"{name}-{time.monotonic_ns()}.log")
        eventually(lambda: "SUBACK" in self.child.text() or not self.child.running(), f"mosquitto_sub {topics}")
        want(self.child.running(), "mosquitto_sub did not start:\n" + self.child.text())

    def messages(self):
        lines = [line[5:] for line in self.child.text().splitlines(keepends=True) if line.startswith("JSON ")]
        return [json.loads(line) for line in lines if line.endswith("\n")]

    def payloads(self, topic=None):
        return [m.get("payload", "") for m in self.messages() if topic in (None, m["topic"])]

    def wait(self, payload, patience=None):
        return eventually(lambda: next((m for m in self.messages() if m.get("payload") == payload), None),
                          f"mosquitto_sub receives {payload!r}", patience)

    def wait_for(self, count):
        eventually(lambda: len(self.messages()) >= count, f"mosquitto_sub receives {count} messages")
        return self.messages()

    def stop(self):
        self.child.stop()


class Gateway:
    """The binary under test. `config` becomes a file; everything else is flags of `run`. Its ports are picked free."""

    def __init__(self, test, *flags, broker=None, config=None, ready=True, env=None, listen=True, state=None,
                 start=True):
        self.test = test
        self.folder = test.path("gateway")
        self.state = state or self.folder / "state"
        self.flags = ["--state", self.state]
        if listen:
            self.flags += ["--listen", "xmpp://127.0.0.1:0"]
        if config is not None:
            (self.folder / "bridge.json").write_text(json.dumps(config))
            self.flags += ["-c", self.folder / "bridge.json"]
        if broker is not None:
            self.flags += ["--broker", broker if isinstance(broker, str) else broker.url]
        self.flags += flags
        self.env = {**os.environ, **(env or {})}
        self.host, self.port, self.child = "127.0.0.1", None, None
        if start:
            self.start(ready)

    def start(self, ready=True):
        self.child = Child([self.test.binary, "run", *self.flags], self.folder / "gateway.log", env=self.env)
        eventually(lambda: not self.child.running() or self.status(), "the gateway answers on its control socket")
        want(self.child.running(), f"the gateway ended with {self.child.process.poll()}:\n{self.child.text()}")
        listening = self.status()["listen"]
        if listening:
            self.host, _, port = listening[0].removeprefix("xmpp://").rpartition(":")
            self.host, self.port = self.host.strip("[]"), int(port)
        if ready:
            code, _, errors = self.command("wait", "--timeout", int(PATIENCE))
            want(code == 0, f"mucbridge wait: {code}: {errors}")

    def command(self, name, *words, stdin=None, patience=None):
        return run([self.test.binary, name, "--state", self.state, *words], stdin, (patience or PATIENCE) + 5)

    def wait_kept(self, room):
        """Until the persistent room is on disk: one that was just made is answered before."""
        def is_kept():
            database = sqlite3.connect(f"file:{self.state / 'mucbridge.db'}?mode=ro", uri=True)
            with contextlib.closing(database):
                return database.execute("SELECT count(*) FROM room WHERE room = ?", (room,)).fetchone()[0] == 1
        eventually(is_kept, f"{room} is on disk")

    def status(self):
        """What `mucbridge status --json` says, asked on the socket itself; None where nobody answers."""
        try:
            with socket.socket(socket.AF_UNIX) as s:
                s.settimeout(5)
                s.connect(str(self.state / "mucbridge.sock"))
                s.sendall(b"status\n")
                text = b""
                while not text.endswith(b"\n"):
                    more = s.recv(65536)
                    if not more:
                        break
                    text += more
            return json.loads(text)
        except (OSError, ValueError):
            return None

    def broker_state(self, name="main"):
        status = self.status()
        return status["brokers"][name]["state"] if status else None

    def stop(self):
        return self.child.stop()

    def log(self):
        return self.child.text()


# --- XMPP clients ----------------------------------------------------------------------------------------------------

CLIENT = "{jabber:client}"
MUC_USER = "{http://jabber.org/protocol/muc#user}"


class Seen:
    """A stanza as a client got it."""

    def __init__(self, element):
        self.element = element
        self.at = time.monotonic()
        self.kind = element.tag.rpartition("}")[2]
        self.type = element.get("type", "")
        self.id = element.get("id", "")
        self.sender = element.get("from", "")
        self.nick = self.sender.partition("/")[2]
        self.room = self.sender.partition("/")[0]
        body = element.find(CLIENT + "body")
        self.body = None if body is None else body.text or ""
        subject = element.find(CLIENT + "subject")
        self.subject = None if subject is None else subject.text or ""
        self.delayed = element.find("{urn:xmpp:delay}delay") is not None
        stanza_id = element.find("{urn:xmpp:sid:0}stanza-id")
        self.stanza_id = None if stanza_id is None else stanza_id.get("id")
        self.stanza_id_by = None if stanza_id is None else stanza_id.get("by")
        reply = element.find("{urn:xmpp:reply:0}reply")
        self.answers = None if reply is None else reply.get("id")
        occupant_id = element.find("{urn:xmpp:occupant-id:0}occupant-id")
        self.occupant_id = None if occupant_id is None else occupant_id.get("id")
        self.statuses = [int(s.get("code")) for s in element.iter(MUC_USER + "status")]
        error = element.find(CLIENT + "error")
        self.error = self.error_text = self.error_type = None
        if error is not None:
            self.error_type = error.get("type")
            for child in error:
                name = child.tag.rpartition("}")[2]
                if name == "text":
                    self.error_text = child.text or ""
                elif self.error is None:
                    self.error = name

    def __repr__(self):
        return ET.tostring(self.element, encoding="unicode")


def _slixmpp():
    import logging
    logging.disable(logging.WARNING)
    with open(os.devnull, "w") as nowhere:  # it warns of its slower stringprep on stderr
        old, sys.stderr = sys.stderr, nowhere
        try:
            import slixmpp
        finally:
            sys.stderr = old
    return slixmpp


slixmpp = _slixmpp()


class Client(slixmpp.ClientXMPP):
    """A slixmpp client that remembers every message and presence it got, in order."""

    plugins = ("xep_0045", "xep_0199")

    def __init__(self, jid, password="any"):
        super().__init__(jid, password)
        for plugin in self.plugins:
            self.register_plugin(plugin)
        self["feature_mechanisms"].unencrypted_plain = True
        self.seen = []
        self.news = asyncio.Event()
        self.ended = None
        self.register_handler(slixmpp.xmlstream.handler.Callback(
            "everything", slixmpp.xmlstream.matcher.MatchMany([
                slixmpp.xmlstream.matcher.MatchXPath("{jabber:client}message"),
                slixmpp.xmlstream.matcher.MatchXPath("{jabber:client}presence")]),
            lambda stanza: self._on_stanza(stanza.xml)))
        self.add_event_handler("stream_error", lambda e: self._on_end(e["condition"]))
        self.add_event_handler("disconnected", lambda e: self._on_end("disconnected"))

    def _on_stanza(self, element):
        self.seen.append(Seen(element))
        self.news.set()

    def _on_end(self, why):
        self.ended = self.ended or why
        self.news.set()

    @classmethod
    async def login(cls, gateway, jid="", password="any"):
        self = cls(jid or "localhost", password)
        started = asyncio.get_running_loop().create_future()
        self.add_event_handler("session_start", lambda e: started.done() or started.set_result(None))
        self.add_event_handler("failed_auth", lambda e: started.done() or started.set_exception(
            Failure(f"login as {jid} refused")))
        self.connect((gateway.host, gateway.port), use_ssl=False, force_starttls=False, disable_starttls=True)
        try:
            await asyncio.wait_for(started, PATIENCE)
        except asyncio.TimeoutError:
            raise Failure(f"login as {jid or 'anonymous'}: no session within {PATIENCE:g} s") from None
        self.send_presence()
        return self

    async def until(self, question, text, patience=None):
        """Waits for something to be true of what was seen, and returns it."""
        end = time.monotonic() + (patience or PATIENCE)
        while True:
            answer = question()
            if answer:
                return answer
            self.news.clear()
            left = end - time.monotonic()
            if left <= 0:
                last = "".join(f"\n        {s}" for s in self.seen[-4:])
                raise Failure(f"{self.boundjid}: not within {patience or PATIENCE:g} s: {text}; last seen:{last}")
            try:
                await asyncio.wait_for(self.news.wait(), min(left, 0.2))
            except asyncio.TimeoutError:
                pass

    async def join(self, room, nick, patience=None):
        """Joins and returns when the subject came, which ends a join (XEP-0045 §7.2.15); returns what was seen of it."""
        at = len(self.seen)
        self.ask_to_join(room, nick)
        await self.until(lambda: any(s.room == room and (s.subject is not None and s.body is None or s.error)
                                     for s in self.seen[at:]), f"the join of {room} as {nick} ends", patience)
        got = [s for s in self.seen[at:] if s.room == room]
        error = next((s for s in got if s.error), None)
        want(error is None, f"join of {room} as {nick}: {error}")
        return got

    def ask_to_join(self, room, nick):
        self.send_raw(f"<presence to='{room}/{nick}'><x xmlns='http://jabber.org/protocol/muc'/></presence>")

    async def refused_join(self, room, nick, patience=None):
        at = len(self.seen)
        self.ask_to_join(room, nick)
        return await self.until(lambda: next((s for s in self.seen[at:] if s.kind == "presence" and s.error), None),
                                f"the join of {room} as {nick} is refused", patience)

    def leave(self, room, nick):
        self.send_presence(pto=f"{room}/{nick}", ptype="unavailable")

    def say(self, room, body, id=None):
        message = self.make_message(mto=room, mbody=body, mtype="groupchat")
        message["id"] = id or self.new_id()
        message.send()
        return message["id"]

    def lines(self, room=None, delayed=None):
        """Groupchat lines with a body from occupants and publishers, in order; the room's own notices are not lines."""
        return [s for s in self.seen if s.kind == "message" and s.type == "groupchat" and s.body is not None and s.nick
                and room in (None, s.room) and delayed in (None, s.delayed)]

    def bodies(self, room=None):
        return [s.body for s in self.lines(room)]

    def notices(self, room=None):
        return [s.body for s in self.seen if s.kind == "message" and s.type == "groupchat" and s.body is not None
                and not s.nick and room in (None, s.room)]

    def errors(self):
        return [s for s in self.seen if s.error]

    async def heard(self, body, room=None, patience=None):
        return await self.until(lambda: next((s for s in self.lines(room) if s.body == body), None),
                                f"the line {body[:60]!r} is heard", patience)

    async def answer(self, room, body, stanza_id):
        """XEP-0461."""
        self.send_raw(f"<message type='groupchat' to='{room}'><body>{body}</body>"
                      f"<reply xmlns='urn:xmpp:reply:0' id='{stanza_id}'/></message>")
        return await self.heard(body, room)

    async def bye(self):
        await self.disconnect(wait=2, ignore_send_queue=True) if self.is_connected() else None


def in_loop(coroutine):
    """Runs a coroutine and gives its result; a new loop each time, since a slixmpp client belongs to one."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.set_exception_handler(lambda *_: None)
    try:
        return loop.run_until_complete(coroutine)
    finally:
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))


class Raw:
    """A socket that speaks XMPP by hand, for what no decent client would send."""

    def __init__(self, gateway, patience=None):
        self.socket = socket.create_connection((gateway.host, gateway.port), patience or PATIENCE)
        self.socket.settimeout(patience or PATIENCE)
        self.got = b""
        self.closed = False

    def send(self, data):
        """False where the peer has closed already."""
        try:
            self.socket.sendall(data.encode() if isinstance(data, str) else data)
            return True
        except OSError:
            return False

    def receive(self):
        try:
            data = self.socket.recv(65536)
        except socket.timeout:
            raise Failure(f"silence; got so far: {self.text()[-300:]!r}") from None
        except OSError:
            data = b""
        if not data:
            self.closed = True
        self.got += data
        return data

    def text(self):
        return self.got.decode(errors="replace")

    def until(self, what):
        """Reads until the bytes are there; a close ends it too."""
        what = what.encode() if isinstance(what, str) else what
        while what not in self.got:
            if not self.receive():
                raise Failure(f"closed before {what!r}: {self.text()[-300:]!r}")
        return self.text()

    def until_closed(self):
        while self.receive():
            pass
        return self.text()

    HEADER = ("<?xml version='1.0'?><stream:stream to='{}' version='1.0' xmlns='jabber:client' "
              "xmlns:stream='http://etherx.jabber.org/streams'>")

    def open(self, domain="localhost"):
        self.send(self.HEADER.format(domain))
        self.until("</stream:features>")
        return self

    def login(self, name, domain="localhost", resource="raw"):
        self.open(domain)
        secret = base64.b64encode(f"\0{name}\0any".encode()).decode()
        self.got = b""
        self.send(f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{secret}</auth>")
        self.until("<success")
        self.got = b""
        self.open(domain)
        self.got = b""
        self.send(f"<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>{resource}"
                  "</resource></bind></iq>")
        self.until("</iq>")
        self.got = b""
        return self

    def close(self):
        self.socket.close()
