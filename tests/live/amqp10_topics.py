"""AMQP 1.0 brokers that keep durable subscriptions, each spelling its addresses as its profile says: a broker of ours on rhea, which
is no ActiveMQ, Artemis or Service Bus, but speaks AMQP as another implementation does, and fails on demand."""
from harness import Client, Gateway, Test, eventually, in_loop, want, want_equal
from rhea import Rhea, StandIn, install

PREFIXES = {"artemis": "", "activemq-classic": "topic://", "servicebus": ""}
ROOM = "foo.bar@rooms.localhost"


def config(broker, profile="artemis", rules=None, **rule):
    return {"login": "open", "brokers": {"main": {"url": f"amqp://guest:guest@127.0.0.1:{broker.port}", "protocol": "amqp-1.0",
                                                  "profile": profile}},
            "rules": rules or [{"room": "{name}", "topic": "{name}", **rule}]}


async def enter(gateway, room, name, history=False):
    client = await Client.login(gateway, f"{name}@localhost/home")
    if history:
        client.send_raw(f"<presence to='{room}/{name}'><x xmlns='http://jabber.org/protocol/muc'>"
                        "<history maxstanzas='1000'/></x></presence>")
    else:
        await client.join(room, name)
    return client


def origin_of(gateway):
    return (gateway.state / "origin").read_text().strip()


async def spelled(test, folder, profile):
    """Both ways, with the addresses and capabilities of that profile, and rooms that read many."""
    prefix = PREFIXES[profile]
    broker = StandIn(folder, prefix)
    errors = [] if profile == "servicebus" else [{"room": "errors", "read": "error.#", "direction": "in"}]
    gateway = Gateway(test, config=config(broker, profile, [*errors, {"room": "{name}", "topic": "{name}"}]))
    romeo = await enter(gateway, ROOM, "romeo")
    rhea = Rhea(folder, broker.port)
    rhea.read(f"{prefix}foo.bar")
    romeo.say(ROOM, "But soft")
    await romeo.heard("But soft")
    want_equal(rhea.wait("But soft")["application_properties"]["XMPPFrom"], ROOM + "/romeo", "who said it")
    rhea.send(f"{prefix}foo.bar", "21 degrees", application_properties={"nick": "sensor"})
    want_equal((await romeo.heard("21 degrees")).nick, "sensor [main]", "a publisher's nick")
    if errors:
        room = "errors@rooms.localhost"
        await romeo.join(room, "romeo")
        for address in ("error.a.b", "not.error", "error"):
            rhea.send(prefix + address, f"on {address}")
        await romeo.heard("on error", room)
        want_equal(romeo.bodies(room), ["on error.a.b", "on error"], "what the room that reads many hears")
    topic = [] if profile == "servicebus" else ["topic"]
    link = next(each for each in broker.attached("subscribes") if each["container"].startswith("mucbridge"))
    source = f"foo.bar/Subscriptions/mucbridge-{origin_of(gateway)}" if profile == "servicebus" else f"{prefix}foo.bar"
    want_equal((link["subscribes"], link["capabilities"], link["durable"]), (source, topic, False), "the source")
    want_equal([each["capabilities"] for each in broker.attached("publishes") if each["publishes"] == f"{prefix}foo.bar"][0], topic,
               "the target's capabilities")
    await romeo.bye()
    gateway.stop()
    rhea.close()
    broker.close()


async def durable(test, folder, profile):
    """A persistent room's subscription is kept while its gateway is dead, and goes with the room."""
    prefix = PREFIXES[profile]
    broker = StandIn(folder, prefix)
    gateway = Gateway(test, config=config(broker, profile, persistent=True))
    romeo = await enter(gateway, ROOM, "romeo")
    rhea = Rhea(folder, broker.port)
    gateway.wait_kept(ROOM)
    said = []
    for life in range(2):
        broker.do(deaf=True)
        said.append(f"{life} alive")
        rhea.send(f"{prefix}foo.bar", said[-1])
        await romeo.heard(said[-1])
        gateway.child.kill()
        eventually(lambda: [each["isRead"] for each in broker.subscriptions()] == [False], "the subscription stays, unread")
        for n in range(20):
            said.append(f"{life} dead {n}")
            rhea.send(f"{prefix}foo.bar", said[-1])
        # What was heard before comes again, for nothing was heard of it; and it is known.
        eventually(lambda: broker.subscriptions()[0]["waiting"] == 21, "the broker keeps them")
        broker.do(deaf=False)
        gateway.start()
        romeo = await enter(gateway, ROOM, "romeo", history=True)
        await romeo.heard(said[-1])
    want_equal(romeo.bodies(ROOM), said, "what the room said")
    names = {(each["container"], each["name"]) for each in broker.attached("subscribes") if each["durable"]}
    want_equal(len(names), 1, f"one container and link name in every life: {names}")
    romeo.send_raw(f"<iq type='set' id='end' to='{ROOM}'><query xmlns='http://jabber.org/protocol/muc#owner'><destroy/></query></iq>")
    await romeo.until(lambda: any(s.kind == "presence" and s.type == "unavailable" and s.room == ROOM for s in romeo.seen), "it is destroyed")
    eventually(lambda: broker.subscriptions() == [], "the subscription goes with its room")
    await romeo.bye()
    gateway.stop()
    rhea.close()
    broker.close()


async def cut(test, folder):
    """Connections that end in the middle of what both sides say, with a durable subscription: all of it, once, in order."""
    broker = StandIn(folder)
    gateway = Gateway(test, config=config(broker, persistent=True))
    romeo = await enter(gateway, ROOM, "romeo")
    for life in range(5):
        rhea = Rhea(folder, broker.port)
        for n in range(30):
            rhea.send("foo.bar", f"rhea {life}-{n:02}")
            romeo.say(ROOM, f"romeo {life}-{n:02}")
        eventually(lambda: sum("accepted" in each for each in rhea.said()) == 30, "the broker has what rhea said")
        broker.do(cut=True)
        await romeo.heard(f"rhea {life}-29")
        await romeo.heard(f"romeo {life}-29")
    for who in ("rhea", "romeo"):
        mine = [body for body in romeo.bodies(ROOM) if body.startswith(who)]
        want_equal(mine, [f"{who} {life}-{n:02}" for life in range(5) for n in range(30)], f"what {who} said, once, in order")
    await romeo.bye()
    gateway.stop()
    broker.close()


async def idle(test, folder):
    """Links that the broker detaches since nobody used them (Service Bus) are attached again, and no word is said of it."""
    broker = StandIn(folder)
    gateway = Gateway(test, config=config(broker))
    romeo = await enter(gateway, ROOM, "romeo")
    rhea = None
    for n in range(5):
        romeo.say(ROOM, f"mine {n}")
        await romeo.heard(f"mine {n}")
        links = len(broker.attached("subscribes"))
        broker.do(idle=True)
        eventually(lambda: len(broker.attached("subscribes")) > links, "it is attached again")
        rhea = rhea or Rhea(folder, broker.port)
        rhea.send("foo.bar", f"theirs {n}")
        await romeo.heard(f"theirs {n}")
        rhea.close()
        rhea = None
    want_equal(romeo.bodies(ROOM), [f"{whose} {n}" for n in range(5) for whose in ("mine", "theirs")], "what the room said")
    want(" warn " not in gateway.log().split("connected to", 1)[1], f"nothing to warn of: {gateway.log()}")
    await romeo.bye()
    gateway.stop()
    broker.close()


async def outcomes(test, folder):
    """What the broker answers to a line: rejected is told to its speaker, released and a closed link are tried again."""
    broker = StandIn(folder)
    gateway = Gateway(test, config=config(broker))
    romeo = await enter(gateway, ROOM, "romeo")
    for outcome in ("released", "modified", "closed"):
        broker.do(outcomes=[outcome])
        romeo.say(ROOM, f"first {outcome}")
        await romeo.heard(f"first {outcome}")
    broker.do(outcomes=["rejected"])
    romeo.say(ROOM, "never", id="never")
    await romeo.until(lambda: any(stanza.id == "never" for stanza in romeo.errors()), "its speaker is told")
    romeo.say(ROOM, "and on")
    await romeo.heard("and on")
    want_equal(romeo.bodies(ROOM), ["first released", "first modified", "first closed", "and on"], "what the room said")
    broker.do(refuse="foo.bar")
    broker.do(close="foo.bar")
    await romeo.until(lambda: any("refuses the subscription" in text for text in romeo.notices(ROOM)), "the room says that it is deaf")
    broker.do(permit="foo.bar")
    await romeo.until(lambda: any("is heard here again" in text for text in romeo.notices(ROOM)), "and that it is well", 60)
    romeo.say(ROOM, "well again")
    await romeo.heard("well again")
    broker.do(refuse="secret")
    juliet = await Client.login(gateway, "juliet@localhost/home")
    refused = await juliet.refused_join("secret@rooms.localhost", "juliet")
    want("not for you" in "".join(refused.element.itertext()), "the broker's reason is told")
    await juliet.bye()
    await romeo.bye()
    gateway.stop()
    broker.close()


def section(code, body):
    return f"0053{code:02x}{body}"


HEADER, PROPERTIES, WORDS, DATA, SEQUENCE, VALUE = 0x70, 0x73, 0x74, 0x75, 0x76, 0x77
HOSTILE = {  # hex of whole messages
    "nothing at all": "",
    "one byte": "00",
    "no section": "ffffffffffffffff",
    "a header that is too short": section(HEADER, "c00f05")[:-2],
    "a length beyond the end": section(DATA, "b07fffffff6869"),
    "data that is a list": section(DATA, "45"),
    "text that is not UTF-8": section(VALUE, "a104ff00fe80"),
    "an unknown section": section(0x7f, "a1026869"),
    "an unknown type": section(VALUE, "ee"),
    "two values": section(VALUE, "a1026869") * 2,
    "text beside data": section(DATA, "a0026869") + section(VALUE, "a1026869"),
    "nested lists": section(VALUE, "".join(f"d0{4 + 9 * left:08x}00000001" for left in range(300, 0, -1)) + "45"),
    "a list of a million nothings": section(VALUE, "d000000004000f4240"),
    "an array of ends": section(VALUE, "f00000000900ffffff40"),
    "a map of one": section(VALUE, "c10301a10161"),
    "words that are no map": section(WORDS, "a1026869") + section(VALUE, "a1026869"),
    "a map in the words": section(WORDS, "c10802a10161c10100") + section(VALUE, "a1026869"),
    "properties that are numbers": section(PROPERTIES, "c0050454015402") + section(VALUE, "a1026869"),
    "a described value in itself": section(VALUE, "00" * 200 + "a10161"),
    "data in many sections": section(DATA, "a00161") * 500,
    "a sequence": section(SEQUENCE, "c0080254015402a10161"),
}


async def hostile(test, folder):
    """Whatever is published: the others are heard, each once, and the gateway is there."""
    broker = StandIn(folder)
    gateway = Gateway(test, config=config(broker, persistent=True))
    romeo = await enter(gateway, ROOM, "romeo")
    rhea = Rhea(folder, broker.port)
    said = []
    for name, bytes in HOSTILE.items():
        said.append(f"before {name}")
        rhea.send("foo.bar", said[-1])
        await romeo.heard(said[-1])
        broker.do(raw="foo.bar", hex=bytes)
        said.append(f"after {name}")
        rhea.send("foo.bar", said[-1])
        await romeo.heard(said[-1], patience=40)
        want(gateway.child.running(), f"{name}: the gateway runs")
    want_equal([body for body in romeo.bodies(ROOM) if body.startswith(("before", "after"))], said, "what others said, once, in order")
    want(all(body for body in romeo.bodies(ROOM)), "no empty line")
    await romeo.bye()
    gateway.stop()
    rhea.close()
    broker.close()


with Test(limit=240) as test:
    folder = install(test)
    for profile in PREFIXES:
        with test.case(f"{profile}: addresses, both ways"):
            in_loop(spelled(test, folder, profile))
    for profile in ("artemis", "activemq-classic"):
        with test.case(f"{profile}: a durable subscription"):
            in_loop(durable(test, folder, profile))
    for name, work in (("cuts", cut), ("idle links", idle), ("outcomes", outcomes), ("hostile messages", hostile)):
        with test.case(name):
            in_loop(work(test, folder))
