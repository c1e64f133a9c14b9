"""Beginnings and ends: what SIGTERM does, what a port that is taken says, what needs no configuration at all."""
import asyncio
import signal
import socket
import threading
import time

from harness import Child, Client, Gateway, Mosquitto, Raw, Test, accepts, eventually, in_loop, run, want, want_equal

ROOM = "foo.bar@rooms.localhost"


def ask_all_the_time(gateway):
    while gateway.child.running():
        gateway.status()


async def terminated(test, broker, number):
    gateway = Gateway(test, broker=broker)
    romeo = await Client.login(gateway, "romeo@localhost")
    await romeo.join(ROOM, "Romeo")
    raw = Raw(gateway).login("raw")
    raw.send(f"<presence to='{ROOM}/Raw'><x xmlns='http://jabber.org/protocol/muc'/></presence>")
    raw.until("<subject")
    raw.got = b""
    for n in range(20):
        romeo.say(ROOM, f"line {n}")
    await romeo.heard("line 19")
    # Who asks for the status all the time must not hold it up.
    asking = threading.Thread(target=ask_all_the_time, args=[gateway], daemon=True)
    asking.start()
    started = time.monotonic()
    gateway.child.signal(number)
    text = await asyncio.get_running_loop().run_in_executor(None, raw.until_closed)
    code = gateway.child.wait(10)
    took = time.monotonic() - started
    want_equal(code, 0, "exit code")
    want(took < 5 * test.options.slow, f"it ended within 5 s: {took:.1f} s")
    want("332" in text and "type='unavailable'" in text, f"occupants are told by 332: {text[-600:]}")
    want("<system-shutdown" in text and text.rstrip().endswith("</stream:stream>"), f"system-shutdown: {text[-300:]}")
    await romeo.until(lambda: romeo.ended, "slixmpp sees the end")
    want(any(332 in s.statuses for s in romeo.seen), "slixmpp is told by 332")
    want(not (gateway.state / "mucbridge.sock").exists(), "no socket is left behind")


async def with_broker_away(test):
    broker = Mosquitto(test)
    gateway = Gateway(test, broker=broker)
    romeo = await Client.login(gateway, "romeo@localhost")
    await romeo.join(ROOM, "Romeo")
    broker.kill()
    eventually(lambda: gateway.broker_state() != "up", "the loss is noticed")
    romeo.say(ROOM, "into the void")
    await romeo.until(lambda: romeo.notices(ROOM), "told that the line waits")
    started = time.monotonic()
    want_equal(gateway.stop(), 0, "exit code")
    want(time.monotonic() - started < 5 * test.options.slow, "within 5 s")


def closing(gateway):
    raw = Raw(gateway).login("romeo")
    raw.send("</stream:stream>")
    want_equal(raw.until_closed(), "</stream:stream>", "the answer to a stream's end [RFC 6120 §4.4]")
    raw = Raw(gateway).login("romeo")
    raw.send(f"<presence to='{ROOM}/Romeo'><x xmlns='http://jabber.org/protocol/muc'/></presence>")
    raw.until("<subject")
    eventually(lambda: gateway.status()["occupants"] == 1, "one occupant")
    raw.close()
    eventually(lambda: gateway.status()["occupants"] == 0, "a session that dies leaves its rooms")
    want_equal(gateway.status()["sessions"], 0, "sessions")


def has_ipv6():
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        return True
    except OSError:
        return False


def over_ipv6(gateway):
    raw = Raw(gateway).login("romeo")
    raw.send(f"<presence to='{ROOM}/Romeo'><x xmlns='http://jabber.org/protocol/muc'/></presence>")
    raw.until("<subject")
    raw.send(f"<message to='{ROOM}' type='groupchat'><body>by the new way</body></message>")
    raw.until("by the new way")
    raw.close()


def nothing_configured(test):
    """`mucbridge run`, and nothing else: port 61222, a private broker, the default rule."""
    folder = test.path("gateway")
    child = Child([test.binary, "run"], folder / "gateway.log", cwd=folder)
    eventually(lambda: run([test.binary, "wait", "--timeout", "5", "--state", folder / "state"])[0] == 0
               or not child.running(), "ready", 40)
    want(child.running(), child.text())

    class Default:
        host, port = "127.0.0.1", 61222

    async def talk():
        romeo = await Client.login(Default, "romeo@localhost")
        await romeo.join(ROOM, "Romeo")
        romeo.say(ROOM, "alone")
        await romeo.heard("alone")
        await romeo.bye()
    in_loop(talk())
    want_equal(child.stop(), 0, "exit code")


def embedded(test, end):
    """The embedded broker is reachable by others, and ends with the gateway, however that ends."""
    gateway = Gateway(test, broker="embedded:")
    endpoint = gateway.status()["brokers"]["main"]["endpoint"]
    port = int(endpoint.rpartition(":")[2])
    want(accepts(port), f"{endpoint} accepts connections")

    async def talk():
        romeo = await Client.login(gateway, "romeo@localhost")
        await romeo.join(ROOM, "Romeo")
        code, _, errors = run(["mosquitto_pub", "-p", port, "-t", "foo/bar", "-m", "from outside"])
        want_equal(code, 0, f"mosquitto_pub: {errors}")
        await romeo.heard("from outside")
        await romeo.bye()
    in_loop(talk())
    gateway.child.signal(end)
    gateway.child.wait()
    eventually(lambda: not accepts(port), "the embedded broker ends with its gateway", 10)


with Test(limit=150) as test:
    broker = Mosquitto(test)
    for number in (signal.SIGTERM, signal.SIGINT):
        with test.case(f"{number.name}: occupants see 332, streams end by system-shutdown, exit code 0 within 5 s"):
            in_loop(terminated(test, broker, number))
    with test.case("SIGTERM while the broker is away ends as well"):
        in_loop(with_broker_away(test))
    with test.case("streams end gracefully, and ungracefully"):
        closing(Gateway(test, broker=broker))
    if has_ipv6():
        with test.case("a listener on IPv6"):
            over_ipv6(Gateway(test, "--listen", "xmpp://[::1]:0", broker=broker, listen=False))
    else:
        test.skip("a listener on IPv6", "this machine has no IPv6")
    with test.case("a port that is taken: exit code 69 and the address by name"):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            code, _, errors = run([test.binary, "run", "--state", test.path("state"), "--broker", "memory:",
                                   "--listen", f"xmpp://127.0.0.1:{port}"])
            want_equal(code, 69, f"exit code: {errors}")
            want(str(port) in errors, f"the error names the address: {errors}")
    with test.case("open login off the loopback is refused without --allow-open-login"):
        words = [test.binary, "run", "--state", test.path("state"), "--broker", "memory:", "--listen", "xmpp://0.0.0.0:0"]
        code, _, errors = run(words)
        want_equal(code, 78, f"exit code: {errors}")
        want("--allow-open-login" in errors, f"the error names the flag: {errors}")
        gateway = Gateway(test, "--listen", "xmpp://0.0.0.0:0", "--allow-open-login", broker="memory:", listen=False)
        want("open" in gateway.log(), "it says loudly that anybody may log in")
        want_equal(gateway.stop(), 0, "exit code")
    with test.case("two gateways in one state directory: the second is refused"):
        gateway = Gateway(test, broker="memory:")
        code, _, errors = run([test.binary, "run", "--state", gateway.state, "--broker", "memory:",
                               "--listen", "xmpp://127.0.0.1:0"])
        want(code in (69, 78), f"exit code {code}: {errors}")
        want(gateway.status() is not None, "the first one goes on")
    with test.case("the embedded broker ends with SIGTERM"):
        embedded(test, signal.SIGTERM)
    with test.case("the embedded broker ends with kill -9"):
        embedded(test, signal.SIGKILL)
    name = "mucbridge run without any configuration"
    if accepts(61222):
        test.skip(name, "something else listens on port 61222")
    else:
        with test.case(name):
            nothing_configured(test)
