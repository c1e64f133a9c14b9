"""Rooms on RabbitMQ's streams, which all gateways read: one order for all, and each goes on where it was."""
import asyncio

from harness import Client, Gateway, Test, eventually, in_loop, want, want_equal
from rabbitmq import Pika, RabbitMQ

ROOM = "foo.bar@rooms.localhost"


def config(broker, **rule):
    return {"login": "open", "brokers": {"main": {"url": broker.url}},
            "rules": [{"room": "{name}", "topic": "{name}", "queue": {"type": "stream"}, **rule}]}


async def enter(gateway, room, name, history=False):
    client = await Client.login(gateway, f"{name}@localhost/home")
    if history:
        client.send_raw(f"<presence to='{room}/{name}'><x xmlns='http://jabber.org/protocol/muc'>"
                        "<history maxstanzas='1000'/></x></presence>")
    else:
        await client.join(room, name)
    return client


async def one_order(test, broker):
    """Two gateways, each with somebody who speaks, and a publisher, all at once."""
    room, count = "order@rooms.localhost", 150
    gateways = [Gateway(test, config=config(broker)), Gateway(test, config=config(broker))]
    people = [await enter(gateway, room, name) for gateway, name in zip(gateways, ("romeo", "juliet"))]
    pika = Pika(broker)
    for n in range(count):
        for who in people:
            who.say(room, f"{who.jid.split('@')[0]} {n}")
        pika.publish("order", f"device {n}", headers={"x-stream-offset": n})
    for who in people:
        for last in ("romeo", "juliet", "device"):
            await who.heard(f"{last} {count - 1}")
    want_equal(len(people[0].bodies(room)), 3 * count, "every line, once")
    want_equal(people[0].bodies(room), people[1].bodies(room), "one order at both gateways")
    for who in people:
        await who.bye()
    pika.close()
    for gateway in gateways:
        gateway.stop()


async def destroyed(test, broker):
    """A room that is destroyed and made again hears what is said from then on."""
    room = "again@rooms.localhost"
    gateway = Gateway(test, config=config(broker))
    pika = Pika(broker)
    romeo = await enter(gateway, room, "romeo")
    pika.publish("again", "one")
    await romeo.heard("one")
    romeo.send_raw(f"<iq type='set' id='end' to='{room}'><query xmlns='http://jabber.org/protocol/muc#owner'><destroy/></query></iq>")
    await romeo.until(lambda: any(s.kind == "presence" and s.type == "unavailable" and s.room == room for s in romeo.seen),
                      "it is destroyed")
    for n in range(3):
        pika.publish("again", f"to nobody {n}")
    romeo = await enter(gateway, room, "romeo")
    pika.publish("again", "two")
    await romeo.heard("two")
    want_equal(romeo.bodies(room), ["two"], "what is said to somebody")
    await romeo.bye()
    pika.close()
    gateway.stop()


async def killed(test, broker):
    """A persistent room has all that was published while its gateway was dead, and nothing twice."""
    gateway = Gateway(test, config=config(broker, persistent=True))
    pika = Pika(broker)
    romeo = await enter(gateway, ROOM, "romeo")
    said = []
    for life in range(3):
        for n in range(40):
            said.append(f"{life} alive {n}")
            pika.publish("foo.bar", said[-1])
        await romeo.heard(said[-1])
        gateway.child.kill()
        for n in range(20):
            said.append(f"{life} dead {n}")
            pika.publish("foo.bar", said[-1])
        gateway.start()
        romeo = await enter(gateway, ROOM, "romeo", history=True)
        await romeo.heard(said[-1])
    pika.publish("foo.bar", "after")
    await romeo.heard("after")
    want_equal(romeo.bodies(ROOM), [*said, "after"], "what the room said")
    want("was made anew" not in gateway.log(), "it is the same stream all the time")
    await romeo.bye()
    gateway.stop()
    pika.close()


async def killed_in_silence(test, broker):
    """Where nothing was said yet, a room goes on from the time when it was first there, and not from before it."""
    room = "silence@rooms.localhost"
    keeper = Gateway(test, config=config(broker))
    juliet = await enter(keeper, room, "juliet")
    pika = Pika(broker)
    pika.publish("silence", "too early")
    await juliet.heard("too early")
    await asyncio.sleep(2.5)  # a stream's times are in whole seconds
    gateway = Gateway(test, config=config(broker, persistent=True))
    romeo = await enter(gateway, room, "romeo")
    gateway.wait_kept(room)
    gateway.child.kill()
    said = [f"to nobody {n}" for n in range(5)]
    for words in said:
        pika.publish("silence", words)
    gateway.start()
    romeo = await enter(gateway, room, "romeo", history=True)
    await romeo.heard(said[-1])
    broker.ctl("close_all_user_connections", "guest", "a test")
    pika = Pika(broker)
    pika.publish("silence", "after")
    await romeo.heard("after")
    want_equal([body for body in romeo.bodies(room) if "is away" not in body], [*said, "after"], "what the room said")
    romeo.send_raw(f"<iq type='set' id='end' to='{room}'><query xmlns='http://jabber.org/protocol/muc#owner'><destroy/></query></iq>")
    await romeo.until(lambda: any(s.kind == "presence" and s.type == "unavailable" and s.room == room for s in romeo.seen),
                      "it is destroyed")
    romeo = await enter(gateway, room, "romeo")
    pika.publish("silence", "to a new room")
    await romeo.heard("to a new room")
    want_equal([body for body in romeo.bodies(room) if "is away" not in body], ["to a new room"], "what the new room said")
    for who in (romeo, juliet):
        await who.bye()
    for each in (gateway, keeper):
        each.stop()
    pika.close()


async def cut(test, broker):
    """A connection that is lost costs nothing, in a room that is not persistent as well."""
    room = "cut@rooms.localhost"
    gateway = Gateway(test, config=config(broker))
    pika = Pika(broker)
    romeo = await enter(gateway, room, "romeo")
    for n in range(5):
        pika.publish("cut", f"before {n}")
        await romeo.heard(f"before {n}")
        broker.ctl("close_all_user_connections", "guest", "a test")
        pika = Pika(broker)
        pika.publish("cut", f"meanwhile {n}")
        await romeo.heard(f"meanwhile {n}")
    want_equal([body for body in romeo.bodies(room) if "before" in body or "meanwhile" in body],
               [f"{word} {n}" for n in range(5) for word in ("before", "meanwhile")], "every line, once")
    await romeo.bye()
    gateway.stop()
    pika.close()


async def deleted(test, broker):
    """A stream that somebody deletes is made anew: while it is read, and while nobody reads it."""
    room, name = "gone@rooms.localhost", "mucbridge.stream.amq.topic.gone"
    gateway = Gateway(test, config=config(broker, persistent=True))
    pika = Pika(broker)
    romeo = await enter(gateway, room, "romeo")
    for n in range(10):
        pika.publish("gone", f"first {n}")
    await romeo.heard("first 9")
    broker.ctl("delete_queue", name)
    eventually(lambda: name in broker.queues(), "it is made anew")
    eventually(lambda: f"{name}\t1" in broker.ctl("list_queues", "--no-table-headers", "name", "consumers"), "and read")
    for n in range(10):
        pika.publish("gone", f"second {n}")
    await romeo.heard("second 9")
    gateway.child.kill()
    broker.ctl("delete_queue", name)
    keeper = Gateway(test, config=config(broker, persistent=True))  # another one, that makes it anew
    juliet = await enter(keeper, room, "juliet")
    pika.publish("gone", "third")
    await juliet.heard("third")
    gateway.start()
    eventually(lambda: "was made anew" in gateway.log(), "the log says that it is another stream")
    romeo = await enter(gateway, room, "romeo", history=True)
    await romeo.heard("third")
    want_equal([body for body in romeo.bodies(room) if "is away" not in body],
               [*(f"first {n}" for n in range(10)), *(f"second {n}" for n in range(10)), "third"], "every line, once")
    await romeo.bye()
    await juliet.bye()
    gateway.stop()
    keeper.stop()
    pika.close()


async def other_age(test, broker):
    """A stream is what the first made of it; who wants another is told so, and gets it once the first is gone."""
    room, name = "age@rooms.localhost", "mucbridge.stream.amq.topic.age"
    first = Gateway(test, config=config(broker, persistent=True))
    romeo = await enter(first, room, "romeo")
    await romeo.bye()
    first.stop()
    second = Gateway(test, config=config(broker, queue={"type": "stream", "message_ttl": 60}))
    juliet = await Client.login(second, "juliet@localhost/home")
    refused = await juliet.refused_join(room, "juliet")
    want("PRECONDITION_FAILED" in "".join(refused.element.itertext()), "the broker's reason is told")
    await juliet.bye()
    second.stop()
    third = Gateway(test, config=config(broker, persistent=True, queue={"type": "stream", "message_ttl": 60}), state=first.state)
    juliet = await enter(third, room, "juliet")
    await juliet.until(lambda: any("refuses the subscription" in text for text in juliet.notices(room)), "the room says so")
    broker.ctl("delete_queue", name)
    await juliet.until(lambda: any("is heard here again" in text for text in juliet.notices(room)), "the room says that it is well", 60)
    pika = Pika(broker)
    pika.publish("age", "hello")
    await juliet.heard("hello")
    await juliet.bye()
    third.stop()
    pika.close()


with Test(limit=200) as test:
    broker = RabbitMQ(test)
    for name, work in (("two gateways, one order", one_order), ("a room that is destroyed", destroyed), ("kill -9", killed),
                       ("kill -9 before anything is said", killed_in_silence), ("cuts", cut), ("a stream that somebody deletes", deleted), ("a stream of another age", other_age)):
        with test.case(name):
            in_loop(work(test, broker))
