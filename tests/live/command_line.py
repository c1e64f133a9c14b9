"""The command line, as a shell script uses it: send and tail, status and wait, check and map, and the exit codes."""
import json
import os
import subprocess
import threading
import time
from pathlib import Path

from harness import PATIENCE, Child, Client, Gateway, Mosquitto, Test, eventually, free_port, in_loop, run, want, \
    want_equal

ROOM, TOPIC = "foo.bar@rooms.localhost", "foo/bar"


def sh(gateway, script, patience=None):
    """A shell script with $M, the program, $S, its state flag."""
    env = {**os.environ, "M": str(gateway.test.binary), "S": f"--state={gateway.state}"}
    return run(["sh", "-ec", script], patience=(patience or PATIENCE) + 10, env=env)


def tail(gateway, folder, *words):
    """`mucbridge tail` in the background."""
    return Child([gateway.test.binary, "tail", "--state", gateway.state, *words], folder / f"tail-{time.monotonic_ns()}.log")


def nobody_there(test):
    state = test.path("state")
    for command in (["status"], ["wait", "--timeout", "0.5"], ["send", ROOM, "hello"]):
        code, out, errors = run([test.binary, *command, "--state", state])
        want_equal(code, 69, f"{command[0]} with nobody there: {out}{errors}")
        want(errors.startswith("mucbridge: ") and len(errors) > 20, f"{command[0]} says why: {errors!r}")


def usage(test):
    for words in ([], ["--nonsense"], ["dance"], ["run", "--lisen", "x"], ["wait", "--timeout", "soon"], ["send"]):
        code, _, errors = run([test.binary, *words])
        want_equal(code, 64, f"exit code of {words}: {errors}")
        want(errors, f"{words}: says what is wrong")
    for words in (["--help"], ["run", "--help"], ["tail", "--help"]):
        code, out, _ = run([test.binary, *words])
        want_equal(code, 0, f"exit code of {words}")
        want("--" in out, "help names the flags")
    code, out, _ = run([test.binary, "--version"])
    want_equal((code, out.split()[0]), (0, "mucbridge"), "--version")


def check(test):
    folder = test.path("check")

    def answer(config):
        (folder / "bridge.json").write_text(json.dumps(config))
        return run([test.binary, "check", "-c", folder / "bridge.json"])

    code, out, errors = answer({"brokers": {"main": {"url": "mqtt://127.0.0.1:1883"}}})
    want_equal(code, 0, f"a good configuration: {out}{errors}")
    for config, place in (
            ({"rules": [{"room": "a", "topic": "a"}, {"room": "{n}", "topic": "{n}", "qos": 7}]}, "/rules/1/qos"),
            ({"lissten": []}, "/lissten"), ({"domain": 7}, "/domain"), ({"rules": {}}, "/rules"),
            ({"brokers": {"main": {"url": "http://example.org"}}}, "/brokers/main/url"),
            ({"brokers": {"main": {"url": "mqtt://h", "pasword": "x"}}}, "/brokers/main/pasword"),
            ({"login": "maybe"}, "/login"), ({"listen": ["xmpp://127.0.0.1:99999"]}, "/listen/0"),
            ({"rules": [{"room": "{a}", "topic": "{b}"}]}, "/rules/0")):
        code, _, errors = answer(config)
        want_equal(code, 78, f"{config}: {errors}")
        want(place in errors, f"{config}: the error names {place}: {errors}")
    for text in (b"", b"[]", b"{", b"nonsense", b"[" * 100_000, b'{"domain": "\xff"}', b'{"domain": "a b"}', b"\0"):
        (folder / "bridge.json").write_bytes(text)
        code, _, errors = run([test.binary, "check", "-c", folder / "bridge.json"])
        want_equal(code, 78, f"{text[:20]!r}: {errors}")
    code, _, errors = run([test.binary, "check", "-c", folder / "not-there.json"])
    want(code == 78 and "not-there.json" in errors, f"a file that is not there: {code} {errors}")
    code, _, errors = run([test.binary, "run", "-c", folder / "not-there.json"])
    want_equal(code, 78, f"run with a file that is not there: {errors}")
    example = Path(__file__).resolve().parents[2] / "bridge.json.example"
    code, out, errors = run([test.binary, "check", "-c", example])
    want_equal(code, 0, f"bridge.json.example: {out}{errors}")


def round_trip(gateway, broker, folder):
    """What a shell script does: follow the topic, say a line in the room, and the other way about."""
    bound = ("--timeout", str(int(PATIENCE)))
    topic = tail(gateway, folder, TOPIC, "--count", "1", "--json", *bound)
    room = tail(gateway, folder, ROOM, "--count", "1", "--json", *bound)
    eventually(lambda: "subscribed" in topic.text(), f"tail subscribes: {topic.text()}")
    eventually(lambda: "joined" in room.text(), f"tail joins: {room.text()}")
    code, _, errors = sh(gateway, f'"$M" send $S {ROOM} "a line & <more>"')
    want_equal(code, 0, f"send to a room: {errors}")
    for child, what in ((topic, "topic"), (room, "room")):
        want_equal(child.wait(), 0, f"tail of the {what}: {child.text()}")
        line = json.loads(child.text().splitlines()[-1])
        want_equal(line.get("body", line.get("payload")), "a line & <more>", f"what tail saw of the {what}: {line}")
    room = tail(gateway, folder, ROOM, "--count", "2", *bound)
    eventually(lambda: "joined" in room.text(), f"tail joins: {room.text()}")
    for n in range(2):
        code, _, errors = sh(gateway, f'"$M" send $S {TOPIC} "published {n}"')
        want_equal(code, 0, f"send to a topic: {errors}")
    want_equal(room.wait(), 0, f"tail of the room: {room.text()}")
    for n in range(2):
        want(f"published {n}" in room.text(), f"tail shows it as text: {room.text()}")


def tail_in_vain(gateway):
    started = time.monotonic()
    code, out, errors = sh(gateway, '"$M" tail $S quiet/topic --count 1 --timeout 1')
    want_equal((code, out), (75, ""), f"tail of silence: {errors}")
    want(time.monotonic() - started < 5 * gateway.test.options.slow, "in about a second")


def from_stdin(gateway, broker):
    sub = broker.subscribe("from/stdin")
    code, _, errors = sh(gateway, 'printf "one\\ntwo\\n" | "$M" send $S from.stdin@rooms.localhost')
    want_equal(code, 0, f"send from stdin: {errors}")
    sub.wait("two")
    want_equal(sub.payloads(), ["one", "two"], "each line of stdin is one")


def status(gateway):
    code, out, _ = gateway.command("status", "--json")
    want_equal(code, 0, "status")
    told = json.loads(out)
    want_equal(told["ready"], True, "ready")
    want_equal(told["rooms_domain"], "rooms.localhost", "rooms_domain")
    want(told["listen"][0].startswith("xmpp://127.0.0.1:"), f"the real port: {told['listen']}")
    want(not told["listen"][0].endswith(":0"), f"the real port: {told['listen']}")
    code, out, _ = gateway.command("status")
    want(code == 0 and "ready" in out and told["listen"][0] in out, f"status for people: {out}")
    want_equal(oct((gateway.state / "mucbridge.sock").stat().st_mode & 0o777), "0o600", "the socket is nobody else's")


def without_broker(test):
    gateway = Gateway(test, broker=f"mqtt://127.0.0.1:{free_port()}", ready=False)
    code, out, _ = gateway.command("status")
    want_equal(code, 75, f"status without a broker: {out}")
    code, _, errors = gateway.command("wait", "--timeout", "1")
    want_equal(code, 75, f"wait without a broker: {errors}")
    code, _, errors = gateway.command("wait", "--timeout", "5", "--for", "up")
    want_equal(code, 0, f"wait --for up: {errors}")


def json_logs(test, broker):
    gateway = Gateway(test, "--log-format", "json", broker=broker)

    async def talk():
        romeo = await Client.login(gateway, "romeo@localhost")
        await romeo.join('quo\\27te@rooms.localhost', 'ni"ck\\')
        await romeo.bye()
    in_loop(talk())
    want_equal(gateway.stop(), 0, "exit code")
    for line in gateway.log().splitlines():
        entry = json.loads(line)
        want(isinstance(entry, dict) and entry, f"each line of the log is an object: {line}")


def secrets(test, broker):
    folder = test.path("secrets")
    (folder / "word").write_text("correct\n")
    users = Mosquitto(test, users={"gateway": "correct"})
    gateway = Gateway(test, broker=f"mqtt://gateway@127.0.0.1:{users.port}",
                      env={"MUCBRIDGE_BROKER_PASSWORD_FILE": str(folder / "word")})
    want("correct" not in gateway.log(), "no secret in the log")
    want("correct" not in json.dumps(gateway.status()), "nor in the status")
    gateway.stop()
    gateway = Gateway(test, broker=f"mqtt://gateway:correct@127.0.0.1:{users.port}")
    want("correct" not in gateway.log(), "no secret of a URL in the log")
    want("correct" not in json.dumps(gateway.status()), "nor in the status")


with Test(limit=150) as test:
    broker = Mosquitto(test)
    with test.case("usage, help and version: 64 and 0"):
        usage(test)
    with test.case("nobody there: 69"):
        nobody_there(test)
    with test.case("check says what is wrong, where, and exits with 78"):
        check(test)
    gateway = Gateway(test, broker=broker)
    with test.case("map says which topic a room is, by which rule"):
        code, out, errors = gateway.command("map", "foo.bar")
        want(code == 0 and "foo/bar" in out, f"map foo.bar: {out}{errors}")
        code, out, errors = gateway.command("map", "foo/bar")
        want(code == 0 and "foo.bar" in out, f"map foo/bar: {out}{errors}")
        code, out, errors = gateway.command("map", "foo/+")
        want("no topic" in out or "no topic" in errors, f"map foo/+: {out}{errors}")
    with test.case("status and wait of a gateway that is well"):
        status(gateway)
        want_equal(gateway.command("wait", "--timeout", "5")[0], 0, "wait")
    with test.case("a shell script's round trip by send and tail, room to topic and back"):
        round_trip(gateway, broker, test.path("tails"))
    with test.case("send says every line of stdin"):
        from_stdin(gateway, broker)
    with test.case("tail of silence ends in time with 75"):
        tail_in_vain(gateway)
    with test.case("status and wait without a broker: 75"):
        without_broker(test)
    with test.case("logs as JSON are JSON"):
        json_logs(test, broker)
    with test.case("passwords are in no log and no status"):
        secrets(test, broker)
