"""The main job: a room is a topic, both ways, with slixmpp, mosquitto_pub and mosquitto_sub, whatever MQTT and payload."""
import asyncio
import json
import re

from harness import Client, Gateway, Mosquitto, Test, in_loop, want, want_equal

KINDS = [(payload, qos) for payload in ("text", "json") for qos in (0, 1, 2)]


def config(broker, protocol):
    rules = [{"room": f"{payload}{qos}.{{name}}", "topic": f"{payload}{qos}/{{name}}", "payload": payload, "qos": qos}
             for payload, qos in KINDS]
    return {"brokers": {"main": {"url": broker.url, "protocol": protocol}}, "rules": [*rules, {"room": "{name}",
                                                                                              "topic": "{name}"}]}


def spoken(payload, kind):
    """The words in a payload."""
    return json.loads(payload)["body"] if kind == "json" else payload


async def conversation(gateway, broker, payload, qos, protocol):
    room, topic = f"{payload}{qos}.foo.bar@rooms.localhost", f"{payload}{qos}/foo/bar"
    sub = broker.subscribe(topic, more=("-q", "2"))
    romeo, juliet = await Client.login(gateway, "romeo@localhost"), await Client.login(gateway, "juliet@localhost")
    await romeo.join(room, "Romeo")
    await juliet.join(room, "Juliet")
    as_client = ("-q", str(qos), "-V", "mqttv5" if protocol == "mqtt-5" else "mqttv311")

    def publish(body):
        broker.publish(topic, json.dumps({"body": body}) if payload == "json" else body, *as_client)

    publish("21.5 °C & <rising>")
    for client in (romeo, juliet):
        line = await client.heard("21.5 °C & <rising>", room)
        want(line.stanza_id, "a publisher's line has a stanza-id")
        want(line.nick not in ("Romeo", "Juliet"), f"a publisher's nick is its own, not {line.nick}")

    sent = romeo.say(room, "But soft, what light?")
    own, others = await romeo.heard("But soft, what light?", room), await juliet.heard("But soft, what light?", room)
    want_equal(own.id, sent, "the id that the sender gave")
    want_equal(others.id, sent, "the id that others see")
    want_equal((own.nick, others.nick), ("Romeo", "Romeo"), "the speaker's nick")
    want(own.stanza_id and own.stanza_id == others.stanza_id, "one stanza-id for everybody")
    want_equal(own.stanza_id_by, room, "who gave the stanza-id (XEP-0359)")
    want(own.occupant_id and own.occupant_id == others.occupant_id, "one occupant-id for everybody (XEP-0421)")
    answer = juliet.say(room, "O Romeo, Romeo")
    await romeo.heard("O Romeo, Romeo", room)

    publish("the end")
    await romeo.heard("the end", room)
    await juliet.heard("the end", room)
    want(answer != sent, "ids differ")
    for client in (romeo, juliet):
        want_equal(client.bodies(room), ["21.5 °C & <rising>", "But soft, what light?", "O Romeo, Romeo", "the end"],
                   f"what {client.boundjid} heard, once each and in order")
        want(not client.errors(), f"no errors: {client.errors()}")
        want(not client.notices(room), f"no notices: {client.notices(room)}")
    published = sub.wait_for(4)
    want_equal([spoken(m["payload"], payload) for m in published],
               ["21.5 °C & <rising>", "But soft, what light?", "O Romeo, Romeo", "the end"], "what mosquitto_sub saw")
    want_equal(published[1]["qos"], qos, "the rule's QoS")
    if payload == "json":
        want_equal(json.loads(published[1]["payload"])["id"], own.stanza_id, "the id that travels")
    romeo.leave(room, "Romeo")
    await romeo.bye()
    await juliet.bye()


async def crowd(gateway, broker):
    """Twenty occupants talk at once: everyone hears every line once, in one order."""
    room = "crowd@rooms.localhost"
    clients = [await Client.login(gateway, f"user{n}@localhost") for n in range(20)]
    sub = broker.subscribe("crowd")
    for n, client in enumerate(clients):
        await client.join(room, f"nick{n}")
    for line in range(5):
        for n, client in enumerate(clients):
            client.say(room, f"line {line} of nick{n}")
        await asyncio.sleep(0)
    for client in clients:
        await client.until(lambda: len(client.bodies(room)) >= 100, "100 lines are heard")
    first = clients[0].bodies(room)
    want_equal(len(set(first)), 100, "different lines")
    for client in clients:
        want_equal(client.bodies(room), first, "the same order for everyone [S3]")
    for n in range(20):
        want_equal([b for b in first if b.endswith(f" of nick{n}")], [f"line {line} of nick{n}" for line in range(5)],
                   "a speaker's own order [S3]")
    sub.wait_for(100)
    want_equal(sub.payloads(), first, "the order of the topic [S3]")
    for client in clients:
        await client.bye()


async def questions(gateway):
    """What clients ask when they have logged in, by slixmpp's own plugins, and what none of them should have to ask."""
    romeo = await Client.login(gateway, "romeo@localhost")
    for plugin in ("xep_0030", "xep_0092", "xep_0202", "xep_0054"):
        romeo.register_plugin(plugin)
    roster = await romeo.get_roster()
    want_equal(list(roster["roster"]["items"]), [], "the roster, empty [K15]")
    for jid in ("localhost", "rooms.localhost"):
        await romeo["xep_0199"].ping(jid)
        version = await romeo["xep_0092"].get_version(jid)
        want_equal(version["software_version"]["name"], "mucbridge", f"the version of {jid}")
    moment = await romeo["xep_0202"].get_entity_time("localhost")
    utc = moment.xml.findtext("{urn:xmpp:time}time/{urn:xmpp:time}utc")  # slixmpp 1.8 adds a Z to it before it parses
    want(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", utc), f"the time: {utc}")
    await romeo["xep_0054"].get_vcard()
    items = await romeo["xep_0030"].get_items("localhost")
    want_equal([item[0] for item in items["disco_items"]["items"]], ["rooms.localhost"], "the server's services [K12]")
    info = await romeo["xep_0030"].get_info("rooms.localhost")
    want("http://jabber.org/protocol/muc" in info["disco_info"]["features"], "the service has rooms [K12]")
    want(("conference", "text") in [i[:2] for i in info["disco_info"]["identities"]], "conference/text [K12]")
    await romeo.join("disco.room@rooms.localhost", "Romeo")
    items = await romeo["xep_0030"].get_items("rooms.localhost")
    want("disco.room@rooms.localhost" in [item[0] for item in items["disco_items"]["items"]], "the rooms that are [K12]")
    info = await romeo["xep_0030"].get_info("disco.room@rooms.localhost")
    want("http://jabber.org/protocol/muc" in info["disco_info"]["features"], "a room is one")
    joined = await romeo["xep_0045"].join_muc_wait("slix.room@rooms.localhost", "Romeo", timeout=10)
    want(joined, "slixmpp's own way of joining")
    await romeo.bye()


with Test(limit=200) as test:
    broker = Mosquitto(test)
    for protocol in ("mqtt-5", "mqtt-3.1.1"):
        gateway = Gateway(test, config=config(broker, protocol))
        want_equal(gateway.status()["brokers"]["main"]["protocol"],
                   {"mqtt-5": "MQTT 5", "mqtt-3.1.1": "MQTT 3.1.1"}[protocol], "the protocol that is spoken")
        for payload, qos in KINDS:
            with test.case(f"room and topic, {protocol}, QoS {qos}, payload {payload}"):
                in_loop(conversation(gateway, broker, payload, qos, protocol))
        with test.case(f"what clients ask at login, {protocol}"):
            in_loop(questions(gateway))
        with test.case(f"twenty talk at once and hear one order, {protocol} [S3]"):
            in_loop(crowd(gateway, broker))
        with test.case(f"nothing crashed and the gateway ends with 0, {protocol}"):
            want_equal(gateway.stop(), 0, "exit code")
