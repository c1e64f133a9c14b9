"""The component door: our rooms for the users of Prosody and of ejabberd (XEP-0114), of both at once, beside the server
door or alone; servers that refuse, vanish under load, or answer nonsense."""
import asyncio
import socket
import threading

import servers
from harness import Client, Gateway, Mosquitto, Test, eventually, in_loop, run, want, want_equal

SECRET = "a secret that nobody guesses"
ROOM, TOPIC = "foo.bar@rooms.localhost", "foo/bar"
UGLY = ["\x01\x02\x1f", "\ufffe\uffff", "]]>", "<presence from='x' to='y'/></stream:stream>", "&#0;&lt;",
        "\U0001f600 e\u0301 \u202e", "x" * 70000]


def component(server, domain="rooms.localhost", secret=SECRET):
    secret_file = server.folder / f"secret-{len(secret)}"
    secret_file.write_text(secret + "\n")
    return {"server": server.component_url, "domain": domain, "secret_file": str(secret_file)}


def config(broker, *components, **more):
    return {"component": components[0] if len(components) == 1 else list(components),
            "brokers": {"main": {"url": broker.url}},
            "rules": [{"room": "{name}", "topic": "{name}", "who": {"read": "*", "write": "*"}}], **more}


def gateway_of(test, broker, *components, listen=False, ready=True, **more):
    return Gateway(test, config=config(broker, *components, **more), listen=listen, ready=ready)


def state_of(gateway, number=0):
    return ((gateway.status() or {}).get("components") or [{}])[number]


def are_up(gateway):
    status = gateway.status() or {}
    return status.get("components") and all(c["state"] == "up" for c in status["components"])


async def ping(client, to):
    """None, or the error's condition."""
    try:
        await client["xep_0199"].send_ping(to, timeout=10)
    except Exception as e:
        return getattr(e, "condition", type(e).__name__)


async def conversation(broker, *pairs):
    """Each pair is a server and a user of it; all are in one room, hear each other and the topic, and are heard there."""
    sub = broker.subscribe(TOPIC)
    clients = [await Client.login(server, jid) for server, jid in pairs]
    for client in clients:
        await client.join(ROOM, client.boundjid.user)
    said = []
    for client in clients:
        said.append(f"{client.boundjid.bare} speaks, «ünïcode» & <all>")
        id = client.say(ROOM, said[-1])
        lines = [await other.heard(said[-1], ROOM) for other in clients]
        want_equal({line.id for line in lines}, {id}, "the id of the line")
        want_equal(len({line.stanza_id for line in lines}), 1, "one stanza-id")
        want_equal({line.nick for line in lines}, {client.boundjid.user}, "the nick")
        said.append(f"a thing answers {client.boundjid.bare}")
        broker.publish(TOPIC, said[-1])
        for other in clients:
            await other.heard(said[-1], ROOM)
    sub.wait_for(len(said))
    want_equal(sub.payloads(), said, "what mosquitto_sub saw")
    for client in clients:
        want_equal(client.bodies(ROOM), said, f"what {client.boundjid} heard, once each and in order")
        want(not client.errors(), f"no errors: {client.errors()}")
        want_equal(await ping(client, f"{ROOM}/{client.boundjid.user}"), None, "a self-ping of an occupant [XEP-0410]")
    first, last = clients[0], clients[-1]
    first.send_message(mto=f"{ROOM}/{last.boundjid.user}", mbody="psst", mtype="chat")
    await last.until(lambda: any(s.body == "psst" and s.type == "chat" for s in last.seen), "a private message")
    first.leave(ROOM, first.boundjid.user)
    await first.until(lambda: any(s.type == "unavailable" and 110 in s.statuses for s in first.seen),
                      "leaving is answered")
    await last.until(lambda: any(s.type == "unavailable" and s.nick == first.boundjid.user for s in last.seen),
                     "others see it")
    want_equal(await ping(first, f"{ROOM}/{first.boundjid.user}"), "not-acceptable",
               "a self-ping of one who left [XEP-0410]")
    await last.bye()  # without leaving: the server says so of him
    for client in clients:
        await client.bye()


async def questions(server):
    """The server's own users find the service, as clients do."""
    romeo = await Client.login(server, "romeo@localhost")
    romeo.register_plugin("xep_0030")
    info = await romeo["xep_0030"].get_info("rooms.localhost")
    want("http://jabber.org/protocol/muc" in info["disco_info"]["features"], "the component has rooms [6.2]")
    items = await romeo["xep_0030"].get_items("localhost")
    want("rooms.localhost" in [item[0] for item in items["disco_items"]["items"]],
         "the server tells of the component [6.1]")
    want_equal(await ping(romeo, "rooms.localhost"), None, "a ping of the service")
    await romeo.bye()


async def ugly(test, broker, server, gateway):
    """Whatever is published, the link stays: a server ends it at the first byte that is not XML."""
    romeo = await Client.login(server, "romeo@localhost")
    await romeo.join(ROOM, "romeo")
    links = state_of(gateway)
    for n, payload in enumerate(UGLY):
        path = test.folder / "payload"
        path.write_bytes(payload.encode() if n else b"\xff\xfe\xc0\x80" + payload.encode())
        publish_file(broker, path)
        broker.publish(TOPIC, f"after {n}")
        await romeo.heard(f"after {n}", ROOM)
    want_equal(len(romeo.lines(ROOM, delayed=False)), 2 * len(UGLY), "each is a line")
    want_equal({k: state_of(gateway).get(k) for k in ("state", "connects")},
               {k: links.get(k) for k in ("state", "connects")}, "the link")
    await romeo.bye()


def publish_file(broker, path):
    code, _, errors = run(["mosquitto_pub", "-p", broker.port, "-t", TOPIC, "-f", path])
    want(code == 0, f"mosquitto_pub: {errors}")


class Load(threading.Thread):
    """A publisher that goes on, whatever happens to others."""

    def __init__(self, broker):
        super().__init__(daemon=True)
        self.broker, self.count, self.ends = broker, 0, threading.Event()
        self.start()

    def run(self):
        while not self.ends.wait(0.05):
            self.broker.publish(TOPIC, f"load {self.count}")
            self.count += 1

    def end(self):
        self.ends.set()
        self.join()


async def entered(server, names):
    clients = [await Client.login(server, f"{name}@localhost") for name in names]
    for client in clients:
        await client.join(ROOM, client.boundjid.user)
    return clients


async def killed_under_load(broker, server, gateway):
    """kill -9 and a new start, twice: who has not come back is not there, who has hears everything once."""
    names = ("romeo", "juliet", "mercutio")
    sub = broker.subscribe(TOPIC)
    clients = await entered(server, names)
    load = Load(broker)
    said = []
    try:
        for turn in range(2):
            for client in clients:
                await client.heard(f"load {load.count}", ROOM)
                said.append(f"turn {turn} {client.boundjid.user}")
                client.say(ROOM, said[-1])
                await client.heard(said[-1], ROOM)
            for client in clients:
                client.say(ROOM, f"in the fall {turn} {client.boundjid.user}")
            server.kill()
            for client in clients:
                await client.until(lambda: client.ended, "the server is gone")
            eventually(lambda: state_of(gateway).get("state") == "connecting", "the gateway sees it")
            eventually(lambda: gateway.status()["occupants"] == 0, "nobody is left in the room: no ghosts")
            server.start()
            eventually(lambda: are_up(gateway), "the gateway is its component again", 60)
            clients = [await Client.login(server, f"{name}@localhost") for name in names]
            for n, client in enumerate(clients):
                want_equal(await ping(client, f"{ROOM}/{names[n]}"), "not-acceptable",
                           "a self-ping before coming back [XEP-0410]")
            for n, client in enumerate(clients):
                got = await client.join(ROOM, names[n])
                inside = {s.nick for s in got if s.kind == "presence" and s.type == ""}
                want_equal(inside, set(names[:n + 1]), "who is inside: those who came back, and no ghosts")
                want_equal(await ping(client, f"{ROOM}/{names[n]}"), None, "a self-ping after coming back [XEP-0410]")
    finally:
        load.end()
    broker.publish(TOPIC, "the end")
    for client in clients:
        await client.heard("the end", ROOM)
        bodies = [line.body for line in client.lines(ROOM, delayed=False)]
        want_equal(len(bodies), len(set(bodies)),
                   f"{client.boundjid} heard nothing twice: {[b for b in bodies if bodies.count(b) > 1][:4]}")
        heard = [int(b.split()[1]) for b in bodies if b.startswith("load ")]
        want_equal(heard, list(range(heard[0], load.count)) if heard else [], "every line since the return, in order")
        await client.bye()
    sub.wait("the end")
    payloads = sub.payloads()
    for body in said:
        want_equal(payloads.count(body), 1, f"{body!r} was published once")
    want(all(payloads.count(p) == 1 for p in payloads), "nothing was published twice")


async def told_of_the_end(server, gateway):
    romeo = await Client.login(server, "romeo@localhost")
    await romeo.join(ROOM, "romeo")
    want_equal(await asyncio.to_thread(gateway.stop), 0, "exit code")
    end = await romeo.until(lambda: next((s for s in romeo.seen if 332 in s.statuses), None), "332 [11.2]")
    want_equal((end.type, end.nick, 110 in end.statuses), ("unavailable", "romeo", True), "of oneself")
    await romeo.bye()


def refused(test, broker, server, refusals):
    """A wrong secret, a domain that the server does not leave to us: told in words, in the log and by `status`."""
    for what, wrong in refusals.items():
        gateway = gateway_of(test, broker, wrong, ready=False)
        reason = eventually(lambda: state_of(gateway).get("reason"), f"{what}: status has a reason")
        code, out, _ = gateway.command("status")
        want(wrong["domain"] in out and reason in out, f"{what}: `mucbridge status` says so: {out}")
        want_equal(code, 75, f"{what}: the code of `mucbridge status`")
        want(wrong["domain"] in gateway.log() and reason in gateway.log(), f"{what}: the log says so")
        want(any(word in reason.lower() for word in ("secret", "handshake", "domain", "host")),
             f"{what}, in words: {reason}")
        want(SECRET not in gateway.log() and "wrong secret" not in gateway.log(), "no secret in the log")
        print(f"      {what}: {reason}")
        want_equal(gateway.stop(), 0, "exit code")


async def a_line_each_way(one, other, rooms=(ROOM, ROOM)):
    for speaker, listener, room, there, body in ((one, other, *rooms, "to and"), (other, one, *reversed(rooms), "fro")):
        speaker.say(room, body)
        await speaker.heard(body, room)
        await listener.heard(body, there)
    for client, room in ((one, rooms[0]), (other, rooms[1])):
        want_equal(client.bodies(room), ["to and", "fro"], f"what {client.boundjid} heard, once each")
        await client.bye()


async def two_servers(prosody, ejabberd, domain):
    """A user of each; the rooms' domains are equal, and the room is one, or they are two, of one topic."""
    romeo, nurse = await Client.login(prosody, "romeo@localhost"), await Client.login(ejabberd,
                                                                                      "nurse@elsewhere.localhost")
    there = f"foo.bar@{domain}"
    await romeo.join(ROOM, "romeo")
    got = await nurse.join(there, "nurse")
    if there == ROOM:
        want("romeo" in [s.nick for s in got], "who is inside through the other server is seen")
        await romeo.until(lambda: any(s.nick == "nurse" for s in romeo.seen), "and sees")
    await a_line_each_way(romeo, nurse, (ROOM, there))


async def two_doors(server, gateway):
    """A room with occupants through the component and through our own listener."""
    romeo, nurse = await Client.login(server, "romeo@localhost"), await Client.login(gateway, "nurse@gateway.localhost")
    await romeo.join(ROOM, "romeo")
    got = await nurse.join(ROOM, "nurse")
    want("romeo" in [s.nick for s in got], "who is inside through the other door is seen")
    await romeo.until(lambda: any(s.nick == "nurse" for s in romeo.seen), "and sees")
    romeo.send_message(mto=f"{ROOM}/nurse", mbody="psst", mtype="chat")
    await nurse.until(lambda: any(s.body == "psst" for s in nurse.seen), "a private message from door to door")
    want_equal(await refused_nick(nurse, "romeo"), "conflict", "a nick that somebody has through the other door [7.2.8]")
    await a_line_each_way(romeo, nurse)


async def refused_nick(client, nick):
    at = len(client.seen)
    client.send_raw(f"<presence to='{ROOM}/{nick}'/>")
    return (await client.until(lambda: next((s for s in client.seen[at:] if s.error), None), "the nick is refused")).error


class Nonsense:
    """A server that takes in components and answers each with the same bytes, or with nothing; it counts them."""

    def __init__(self, folder, answer):
        self.folder, self.answer, self.count = folder, answer, 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.component_url = f"xmpp://127.0.0.1:{self.socket.getsockname()[1]}"
        self.held = []
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                peer, _ = self.socket.accept()
            except OSError:
                return
            self.count += 1
            self.held.append(peer)
            try:
                peer.sendall(self.answer)
            except OSError:
                pass

    def close(self):
        self.socket.close()
        for peer in self.held:
            peer.close()


HEADER = (b"<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' "
          b"xmlns:stream='http://etherx.jabber.org/streams' from='rooms.localhost' id='1'>")
IN = HEADER + b"<handshake/>"
NONSENSE = {"nothing": b"", "garbage": b"\x00\xff\xfeHTTP/1.1 400 Bad Request\r\n\r\n" * 50, "half a header": HEADER[:60],
            "a client's header": HEADER.replace(b"component:accept", b"client"),
            "half a stanza": IN + b"<message from='romeo@localhost' to='foo.bar@rooms.localhost' type='groupchat'><body>hal",
            "a stanza without from": IN + b"<message to='foo.bar@rooms.localhost'><body>x</body></message>",
            "a stanza without end": IN + b"<a>" * 100000}


def nonsense(test, broker, what, answer):
    folder = test.path("nonsense")
    peer = Nonsense(folder, answer)
    gateway = gateway_of(test, broker, component(peer), listen=True, ready=False, domain="gateway.localhost",
                         rooms_domain="rooms.gateway.localhost")
    eventually(lambda: peer.count >= 1, f"{what}: the gateway connects")
    eventually(lambda: gateway.broker_state() == "up", "the broker is up")

    async def goes_on():
        romeo = await Client.login(gateway, "romeo@gateway.localhost")
        await romeo.join("foo.bar@rooms.gateway.localhost", "romeo")
        broker.publish(TOPIC, "the other door is open")
        await romeo.heard("the other door is open")
        await romeo.bye()
    in_loop(goes_on())
    status = state_of(gateway)
    print(f"      {what}: {status.get('state')}, {status.get('reason') or '-'}")
    want_equal(gateway.stop(), 0, f"{what}: exit code")
    peer.close()


def house(test, make):
    return make(test, components={"rooms.localhost": SECRET}, domains=("localhost", "hamlet.localhost"))


with Test(limit=280) as test:
    broker = Mosquitto(test)
    for name, make in servers.PEERS.items():
        with test.case(f"{name}'s refusals are told in words"):
            server = house(test, make)
            refused(test, broker, server, {"a wrong secret": component(server, secret="wrong secret"),
                                           "an unknown domain": component(server, "unknown.localhost")})
        with test.case(f"the gateway waits for {name} and is its component, alone"):
            server = house(test, make)
            server.kill()
            gateway = gateway_of(test, broker, component(server), ready=False)
            want(eventually(lambda: state_of(gateway).get("reason"), "status tells why not"), "")
            server.start()
            eventually(lambda: are_up(gateway) and gateway.broker_state() == "up", "the gateway is its component")
            in_loop(questions(server))
            in_loop(conversation(broker, *((server, jid) for jid in ("romeo@localhost", "juliet@localhost",
                                                                     "nurse@hamlet.localhost"))))
            eventually(lambda: gateway.status()["occupants"] == 0, "who logs out without leaving is out")
            in_loop(ugly(test, broker, server, gateway))
            in_loop(told_of_the_end(server, gateway))
        with test.case(f"{name} is killed and started again under load"):
            server = house(test, make)
            gateway = gateway_of(test, broker, component(server))
            in_loop(killed_under_load(broker, server, gateway))
            want_equal(gateway.stop(), 0, "exit code")
        with test.case(f"a room with occupants through {name} and through our own door"):
            server = house(test, make)
            gateway = gateway_of(test, broker, component(server), listen=True, domain="gateway.localhost",
                                 rooms_domain="rooms.localhost")
            in_loop(two_doors(server, gateway))
            want_equal(gateway.stop(), 0, "exit code")
    for domain in ("rooms.localhost", "rooms.elsewhere.localhost"):
        with test.case(f"a component of Prosody and of ejabberd at once, there as {domain}"):
            prosody = house(test, servers.Prosody)
            ejabberd = servers.Ejabberd(test, domains=("elsewhere.localhost",), components={domain: SECRET})
            gateway = gateway_of(test, broker, component(prosody), component(ejabberd, domain))
            in_loop(two_servers(prosody, ejabberd, domain))
            want_equal(gateway.stop(), 0, "exit code")
    for what, answer in NONSENSE.items():
        with test.case(f"a server that answers a component with {what}"):
            nonsense(test, broker, what, answer)
