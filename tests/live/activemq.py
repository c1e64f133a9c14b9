"""What Apache ActiveMQ's XMPP transport did, and must be so here: its test, its page's walk-through, its noLocal.

K1 to K7 are the things to keep of it: a listener; join is subscribe; join creates; a body is a message; presence holds
the subscription; other producers are seen in the room; two clients see each other.
"""
import json
import time

from harness import Client, Gateway, Mosquitto, Test, eventually, in_loop, want, want_equal

LINGER = 30  # seconds for which an emptied room keeps its subscription


async def multi_user_chat(gateway):
    """XmppTest.testMultiUserChat: one consumer, one sender, ten lines, and not one more."""
    room = "muc-test@rooms.localhost"
    consumer = await Client.login(gateway, "consumer@localhost", "consumer")
    sender = await Client.login(gateway, "sender@localhost", "sender")
    await consumer.join(room, "consumer")
    await sender.join(room, "sender")
    for n in range(10):
        sender.say(room, f"Test message: {n}")
    wanted = [f"Test message: {n}" for n in range(10)]
    sender.say(room, "no more")

    def live(client):  # a room that lingers tells what was said before: history, marked as delayed
        return [line.body for line in client.lines(room, delayed=False)]

    for client in (consumer, sender):
        await client.until(lambda: "no more" in live(client), "the line after the ten")
    want_equal(live(consumer), [*wanted, "no more"], "exactly 10 of 10")
    want_equal(live(sender), [*wanted, "no more"], "one reflection each and no second copy [S4]")
    await consumer.bye()
    await sender.bye()


async def walk_through(gateway, broker):
    """The page: connect a Jabber client, join the chatroom foo.bar, and send to the topic from elsewhere."""
    room = "foo.bar@rooms.localhost"
    human = await Client.login(gateway, "james@localhost", "whatever")
    sub = broker.subscribe("foo/bar")
    await human.join(room, "james")
    broker.publish("foo/bar", "Hello from a web console")
    line = await human.heard("Hello from a web console", room)
    want_equal((line.type, line.room), ("groupchat", room), "a line of the room")
    want(line.nick, "it has a nick")
    human.say(room, "hello yourself")
    await human.heard("hello yourself", room)
    sub.wait("hello yourself")
    want_equal(human.bodies(room), ["Hello from a web console", "hello yourself"], "each once")
    await human.bye()


async def join_is_subscribe(gateway, broker):
    room = "plant.7.Line@rooms.localhost"
    human = await Client.login(gateway, "romeo@localhost")
    want("plant/7/line" not in broker.child.text(), "nobody has subscribed yet")
    seen = await human.join(room.lower(), "Romeo")
    own = next(s for s in seen if 110 in s.statuses)
    want(201 in own.statuses, "the room is created, without any configuration [K3]")
    eventually(lambda: "plant/7/line (QoS" in broker.child.text(), "a subscription to plant/7/line [K2]")
    broker.publish("plant/7/line", "running")
    await human.heard("running")
    return human


async def several_joins(gateway, broker):
    """Several rooms and several sessions of one user, and still one copy of a line in each [K5]."""
    room, other = "several@rooms.localhost", "others@rooms.localhost"
    first = await Client.login(gateway, "romeo@localhost/desk")
    second = await Client.login(gateway, "juliet@localhost/phone")
    before = broker.child.text().count("several (QoS")
    await first.join(room, "Desk")
    await first.join(other, "Desk")
    await second.join(room, "Phone")
    await first.join(room, "Desk")  # again, by one who is in already
    broker.publish("several", "one copy")
    broker.publish("several", "end")
    for client in (first, second):
        await client.heard("end", room)
        want_equal(client.bodies(room), ["one copy", "end"], "one copy")
        want_equal(client.bodies(other), [], "nothing in the other room")
    want_equal(broker.child.text().count("several (QoS"), before + 1, "subscriptions to one topic")
    await first.bye()
    await second.bye()


async def two_gateways(one, two, broker, shared_key, payload):
    """Occupants of one room on two gateways, the topic between them: nobody hears anything twice [S4]."""
    room, topic = f"shared.{test.count}@rooms.localhost", f"shared/{test.count}"
    romeo, juliet = await Client.login(one, "romeo@localhost"), await Client.login(two, "juliet@localhost")
    await romeo.join(room, "Romeo")
    await juliet.join(room, "Juliet")
    sub = broker.subscribe(topic)
    wanted = []
    for n in range(10):
        for speaker, listener in ((romeo, juliet), (juliet, romeo)):
            body = f"{n} of {speaker.boundjid.user}"
            speaker.say(room, body)
            await listener.heard(body, room)
            wanted.append(body)
    broker.publish(topic, json.dumps({"body": "the end"}) if payload == "json" else "the end")
    for client, other in ((romeo, "Juliet"), (juliet, "Romeo")):
        await client.heard("the end", room)
        want_equal(client.bodies(room), [*wanted, "the end"], "each line once, in the topic's order [S3] [S4]")
        nicks = {s.nick for s in client.lines(room) if s.body.endswith(f"of {other.lower()}")}
        if shared_key:
            want_equal(nicks, {other}, "under a shared key a line is its occupant's")
        else:
            want(other not in nicks, f"a stranger's gateway cannot speak as {other} [S9], got {nicks}")
    ids = [{s.body: s.stanza_id for s in client.lines(room)} for client in (romeo, juliet)]
    if shared_key:
        want_equal({b: i for b, i in ids[0].items() if b != "the end"},
                   {b: i for b, i in ids[1].items() if b != "the end"}, "the same stanza-id on every gateway")
    sub.wait_for(len(wanted) + 1)
    published = [json.loads(p)["body"] if payload == "json" else p for p in sub.payloads(topic)]
    want_equal(published, [*wanted, "the end"], "the topic has each once")
    await romeo.bye()
    await juliet.bye()


with Test(limit=200) as test:
    broker = Mosquitto(test)
    gateway = Gateway(test, broker=broker)

    with test.case("join is subscribe and creates the room [K2] [K3]"):
        async def join_and_leave():
            human = await join_is_subscribe(gateway, broker)
            human.leave("plant.7.line@rooms.localhost", "Romeo")
            await human.until(lambda: human.seen[-1].type == "unavailable", "the leave is answered")
            await human.bye()
        in_loop(join_and_leave())
        left_at = time.monotonic()

    with test.case("testMultiUserChat: exactly 10 of 10 [K7]"):
        in_loop(multi_user_chat(gateway))
    with test.case("testMultiUserChat: exactly 10 of 10, ten times over"):
        for _ in range(10):
            in_loop(multi_user_chat(gateway))
    with test.case("the page's walk-through: a publisher elsewhere is seen in chat [K6]"):
        in_loop(walk_through(gateway, broker))
    with test.case("several joins are one subscription [K5]"):
        in_loop(several_joins(gateway, broker))

    for protocol in ("mqtt-5", "mqtt-3.1.1"):
        for shared in (True, False):
            name = f"noLocal with two gateways on one broker, {protocol}, keys {'shared' if shared else 'their own'} [S4]"
            with test.case(name):
                key = test.path("key") / "seal.key"
                key.write_text("0123456789abcdef" * 4 + "\n")
                key.chmod(0o600)
                # On MQTT 3.1.1 only the JSON payload has a place for id, origin and seal.
                payload = "text" if protocol == "mqtt-5" else "json"
                config = {"brokers": {"main": {"url": broker.url, "protocol": protocol}},
                          "rules": [{"room": "{name}", "topic": "{name}", "payload": payload}],
                          **({"seal_key_file": str(key)} if shared else {})}
                pair = [Gateway(test, config=config) for _ in range(2)]
                in_loop(two_gateways(*pair, broker, shared, payload))

    with test.case("presence holds the subscription, and the last leave ends it after lingering [K5]"):
        def unsubscribed():
            return "Received UNSUBSCRIBE" in broker.child.text() and "plant/7/line" in \
                broker.child.text().partition("Received UNSUBSCRIBE")[2]
        eventually(unsubscribed, "an unsubscription from plant/7/line", LINGER + 20)
        want(time.monotonic() - left_at > LINGER / 2, "it lingered")
