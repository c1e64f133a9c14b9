"""Rooms on RabbitMQ by AMQP 0-9-1, with pika on the other side."""
import time

from harness import Child, Client, Gateway, Test, eventually, in_loop, run, want, want_equal
from rabbitmq import Pika, RabbitMQ

ROOM = "foo.bar@rooms.localhost"


def config(broker, rule=None, **more):
    return {"login": "open", "brokers": {"main": {"url": broker.url, **more}},
            "rules": [{"room": "{name}", "topic": "{name}", **(rule or {})}]}


async def both_ways(gateway, broker):
    pika = Pika(broker, "#")
    romeo, juliet = await Client.login(gateway, "romeo@localhost/home"), await Client.login(gateway, "juliet@localhost/balcony")
    await romeo.join(ROOM, "romeo")
    await juliet.join(ROOM, "juliet")
    romeo.say(ROOM, "But soft")
    await juliet.heard("But soft")
    await romeo.heard("But soft")
    key, _, properties = pika.wait("But soft")
    want_equal(key, "foo.bar", "the routing key")
    want_equal(properties.content_type, "text/plain", "content-type")
    want_equal(properties.delivery_mode, 2, "delivery mode")
    want_equal(properties.app_id, "mucbridge", "app-id")
    want_equal(properties.reply_to, "foo.bar", "reply-to")
    want_equal(properties.headers["XMPPFrom"], ROOM + "/romeo", "who said it")
    want_equal(properties.message_id, properties.headers["mucbridge-id"], "message-id")
    want(abs(properties.timestamp - time.time()) < 60, f"a timestamp of now, got {properties.timestamp}")
    pika.publish("foo.bar", "21 degrees", headers={"nick": "sensor", "count": 3})
    line = await juliet.heard("21 degrees")
    want_equal(line.nick, "sensor [main]", "a publisher's nick")
    pika.publish("foo.bar", "as whom I came in", user_id="guest", reply_to="answers", correlation_id="7")
    want_equal((await juliet.heard("as whom I came in")).nick, "guest [main]", "a publisher whom the broker knows")
    for n in range(200):
        (romeo if n % 2 else juliet).say(ROOM, f"line {n}")
    await romeo.heard("line 199")
    await romeo.heard("line 198")
    eventually(lambda: len(pika.bodies("foo.bar")) >= 203, "all are published")
    await juliet.heard("line 199")
    await juliet.heard("line 198")
    want_equal(sorted(romeo.bodies(ROOM)), sorted(juliet.bodies(ROOM)), "each sees each, once")
    want_equal(romeo.bodies(ROOM), juliet.bodies(ROOM), "one order")
    want_equal(romeo.bodies(ROOM), pika.bodies("foo.bar"), "the broker's")
    await romeo.bye()
    await juliet.bye()
    pika.close()


async def answers(gateway, broker):
    """correlation-id and XEP-0461 are one thing, both ways."""
    room = "answers@rooms.localhost"
    pika = Pika(broker, "answers")
    romeo = await Client.login(gateway, "romeo@localhost/home")
    await romeo.join(room, "romeo")
    pika.publish("answers", "Who is there?", message_id="ID:question", reply_to="answers")
    question = await romeo.heard("Who is there?")
    await romeo.answer(room, "I", question.stanza_id)
    want_equal(pika.wait("I")[2].correlation_id, "ID:question", "what is answered, by the publisher's id")
    pika.publish("answers", "Who?", correlation_id=pika.wait("I")[2].message_id)
    answer = await romeo.heard("I")
    want_equal((await romeo.heard("Who?")).answers, answer.stanza_id, "what the publisher answers, by the room's id")
    pika.publish("answers", "nothing of ours", correlation_id="7")
    want_equal((await romeo.heard("nothing of ours")).answers, None, "of a correlation-id that says nothing here")
    await romeo.bye()
    pika.close()


async def wildcards(gateway, broker):
    pika = Pika(broker)
    romeo = await Client.login(gateway, "romeo@localhost/home")
    await romeo.join("alarms@rooms.localhost", "romeo")
    for key, body in (("plant.a.alarm", "one"), ("plant.a.b.alarm", "not"), ("x.error", "two"), ("error", "three"),
                      ("a.b.error", "four"), ("error.a", "not")):
        pika.publish(key, body)
    await romeo.heard("one")
    romeos = "errors@rooms.localhost"
    await romeo.join(romeos, "romeo")
    for key, body in (("x.error", "two"), ("error", "three"), ("error.a", "not"), ("a.b.error", "four")):
        pika.publish(key, body)
    await romeo.heard("four")
    want_equal(romeo.bodies("alarms@rooms.localhost"), ["one"], "plant.*.alarm")
    want_equal(romeo.bodies(romeos), ["two", "three", "four"], "#.error")
    pika.close()
    await romeo.bye()


async def restart(gateway, broker):
    romeo = await Client.login(gateway, "romeo@localhost/home")
    room = "stay@rooms.localhost"
    await romeo.join(room, "romeo")
    romeo.say(room, "before")
    await romeo.heard("before")
    broker.stop()
    eventually(lambda: gateway.broker_state() != "up", "the broker is away")
    for n in range(20):
        romeo.say(room, f"away {n}")
    await romeo.heard("away 19")
    broker.start()
    eventually(lambda: gateway.broker_state() == "up", "the broker is back", 90)
    eventually(lambda: gateway.status()["brokers"]["main"]["spooled"] == 0, "the spool is drained")
    pika = Pika(broker, "stay")
    romeo.say(room, "after")
    await romeo.heard("after")
    pika.wait("after")
    want_equal(romeo.bodies(room), ["before", *(f"away {n}" for n in range(20)), "after"], "what the room said")
    pika.close()
    await romeo.bye()


async def deleted(gateway, broker):
    romeo = await Client.login(gateway, "romeo@localhost/home")
    room = "gone@rooms.localhost"
    await romeo.join(room, "romeo")
    romeo.say(room, "before")
    await romeo.heard("before")
    name = next(name for name in broker.queues() if ".gone" in name)
    broker.ctl("delete_queue", name)
    eventually(lambda: "is made anew" in gateway.log(), "it is told")
    eventually(lambda: any(".gone" in each for each in broker.queues()), "there is a queue again")
    romeo.say(room, "after")
    await romeo.heard("after")
    want_equal(romeo.bodies(room), ["before", "after"], "what the room said")
    await romeo.bye()


async def blocked(gateway, broker):
    romeo = await Client.login(gateway, "romeo@localhost/home")
    room = "dam@rooms.localhost"
    await romeo.join(room, "romeo")
    romeo.say(room, "before")
    await romeo.heard("before")
    broker.ctl("set_vm_memory_high_watermark", "absolute", "1MB")
    pika = Pika(broker, "dam")
    for n in range(5):
        romeo.say(room, f"dammed {n}")
    await romeo.heard("dammed 4")
    eventually(lambda: "connection.blocked" in gateway.log(), "it is told")
    broker.ctl("set_vm_memory_high_watermark", "0.9")
    pika.wait("dammed 4")
    romeo.say(room, "after")
    await romeo.heard("after")
    pika.wait("after")
    want_equal(romeo.bodies(room), ["before", *(f"dammed {n}" for n in range(5)), "after"], "what the room said")
    want_equal(pika.bodies(), [*(f"dammed {n}" for n in range(5)), "after"], "what the broker has")
    pika.close()
    await romeo.bye()


async def denied(test, broker):
    broker.ctl("add_user", "narrow", "pw")
    broker.ctl("set_permissions", "narrow", "^mucbridge.*", "^mucbridge.*", "^(amq.topic|mucbridge.*)$")
    url = broker.url.replace("guest:guest", "narrow:pw")
    gateway = Gateway(test, config={**config(broker), "brokers": {"main": {"url": url}}})
    romeo = await Client.login(gateway, "romeo@localhost/home")
    await romeo.join(ROOM, "romeo")
    romeo.say(ROOM, "may I?", id="may")
    error = await romeo.until(lambda: next((s for s in romeo.errors() if s.id == "may"), None), "the line is refused")
    text = "".join(error.element.itertext())
    want("ACCESS_REFUSED" in text, f"the reason, got {text}")
    broker.ctl("set_permissions", "narrow", "^mucbridge.*", ".*", "^(amq.topic|mucbridge.*)$")
    time.sleep(0.5)
    romeo.say(ROOM, "now I may")
    await romeo.heard("now I may")
    want_equal(romeo.bodies(ROOM), ["now I may"], "what the room said")
    await romeo.bye()
    gateway.stop()


async def refused_join(gateway, room, *words):
    """The joiner is told in the broker's words."""
    romeo = await Client.login(gateway, "romeo@localhost/home")
    refused = await romeo.refused_join(room, "romeo")
    text = "".join(refused.element.itertext())
    for word in words:
        want(word in text, f"want {word} in: {text}")
    # And the connection is as well as before.
    await romeo.join("elsewhere@rooms.localhost", "romeo")
    romeo.say("elsewhere@rooms.localhost", "all is well")
    await romeo.heard("all is well")
    await romeo.bye()


async def queue_denied(test, broker):
    broker.ctl("add_user", "reader", "pw")
    broker.ctl("set_permissions", "reader", r"^mucbridge\..*\.elsewhere.*", ".*", ".*")
    gateway = Gateway(test, config=config(broker, {}) | {"brokers": {"main": {"url": broker.url.replace("guest:guest", "reader:pw")}}})
    await refused_join(gateway, "secret@rooms.localhost", "ACCESS_REFUSED")
    gateway.stop()


async def bad_declare(test, broker):
    """A queue of that name is there, of an earlier rule, and is another one."""
    gateway = Gateway(test, config=config(broker, {"persistent": True}))
    romeo = await Client.login(gateway, "romeo@localhost/home")
    room = "taken@rooms.localhost"
    await romeo.join(room, "romeo")
    romeo.say(room, "hello")
    await romeo.heard("hello")
    await romeo.bye()
    gateway.stop()
    other = Gateway(test, config=config(broker, {"persistent": True, "queue": {"max_length": 5}}), state=gateway.state)
    eventually(lambda: "PRECONDITION_FAILED" in other.log(), "the reason is in the log")
    romeo = await Client.login(other, "romeo@localhost/home")
    await romeo.join(room, "romeo")
    await romeo.until(lambda: any("refuses the subscription" in text for text in romeo.notices(room)), "the room says so")
    await romeo.bye()
    other.stop()


async def kept(test, broker):
    gateway = Gateway(test, config=config(broker, {"persistent": True}))
    pika = Pika(broker)
    romeo = await Client.login(gateway, "romeo@localhost/home")
    await romeo.join(ROOM, "romeo")
    romeo.say(ROOM, "before")
    await romeo.heard("before")
    eventually(lambda: [(what["durable"], what["exclusive"]) for name, what in broker.queues().items() if name.endswith(".foo.bar")]
               == [(True, False)], "the queue outlives the connection")
    gateway.child.kill()
    for n in range(50):
        pika.publish("foo.bar", f"away {n}")
    gateway.start()
    juliet = await Client.login(gateway, "juliet@localhost/balcony")
    juliet.send_raw(f"<presence to='{ROOM}/juliet'><x xmlns='http://jabber.org/protocol/muc'><history maxstanzas='100'/></x></presence>")
    await juliet.heard("away 49")
    pika.publish("foo.bar", "after")
    await juliet.heard("after")
    want_equal(juliet.bodies(ROOM), ["before", *(f"away {n}" for n in range(50)), "after"], "what the room said")
    await juliet.bye()
    gateway.stop()
    pika.close()


async def shaped(test, broker):
    queue = {"type": "quorum", "message_ttl": 3600, "max_length": 1000, "expires": 7200, "dead_letter_exchange": "amq.fanout"}
    gateway = Gateway(test, config=config(broker, {"persistent": True, "queue": queue}))
    romeo = await Client.login(gateway, "romeo@localhost/home")
    await romeo.join("shaped@rooms.localhost", "romeo")
    romeo.say("shaped@rooms.localhost", "hello")
    await romeo.heard("hello")
    rows = [row for row in broker.ctl("list_queues", "--no-table-headers", "name", "type", "arguments").splitlines() if ".shaped" in row]
    want_equal(len(rows), 1, f"one queue of the room: {rows}")
    for part in ("quorum", '"x-message-ttl",3600000', '"x-max-length",1000', '"x-expires",7200000', '"x-dead-letter-exchange","amq.fanout"'):
        want(part in rows[0], f"{part} in {rows[0]}")
    await romeo.bye()
    gateway.stop()


async def unroutable(test, broker):
    gateway = Gateway(test, config=config(broker, {"direction": "out", "mandatory": True}))
    romeo = await Client.login(gateway, "romeo@localhost/home")
    room = "nobody@rooms.localhost"
    await romeo.join(room, "romeo")
    romeo.say(room, "is anybody there?", id="there")
    error = await romeo.until(lambda: next((s for s in romeo.errors() if s.id == "there"), None), "the line is refused")
    want("NO_ROUTE" in "".join(error.element.itertext()), f"the reason, got {''.join(error.element.itertext())}")
    pika = Pika(broker, "nobody")
    romeo.say(room, "and now?")
    await romeo.heard("and now?")
    pika.wait("and now?")
    want_equal(romeo.bodies(room), ["and now?"], "what the room said")
    pika.close()
    await romeo.bye()
    gateway.stop()


async def commands(gateway, broker):
    """The program's own commands and Debian's amqp-tools, which are librabbitmq's."""
    bound, url = ("-c", gateway.folder / "bridge.json"), broker.url
    heard = Child([gateway.test.binary, "tail", "--state", gateway.state, *bound, "tools.#", "--count", "2"], gateway.folder / "tail.log")
    eventually(lambda: "subscribed" in heard.text(), f"tail subscribes: {heard.text()}")
    code, _, errors = gateway.command("send", *bound, "--topic", "tools.one", "from send")
    want_equal(code, 0, f"send: {errors}")
    code, _, errors = run(["amqp-publish", "-u", url, "-e", "amq.topic", "-r", "tools", "-C", "text/plain", "-b", "from amqp-publish"])
    want_equal(code, 0, f"amqp-publish: {errors}")
    want_equal(heard.wait(), 0, f"tail: {heard.text()}")
    want("tools.one: from send" in heard.text() and "tools: from amqp-publish" in heard.text(), f"what tail heard: {heard.text()}")
    code, out, errors = gateway.command("map", *bound, "tools.one")
    want(code == 0 and "routing key tools.one" in out, f"map: {code} {out} {errors}")
    read = Child(["amqp-consume", "-u", url, "-e", "amq.topic", "-r", "tools.two", "-A", "-c", "1", "cat"], gateway.folder / "consume.log")
    eventually(lambda: len([name for name in broker.queues() if name.startswith("amq.gen")]) > 0, "amqp-consume has a queue")
    time.sleep(0.5)
    romeo = await Client.login(gateway, "romeo@localhost/home")
    room = "tools.two@rooms.localhost"
    await romeo.join(room, "romeo")
    romeo.say(room, "for amqp-consume")
    await romeo.heard("for amqp-consume")
    want_equal(read.wait(), 0, f"amqp-consume: {read.text()}")
    want("for amqp-consume" in read.text(), f"what amqp-consume read: {read.text()}")
    await romeo.bye()


with Test(limit=240) as test:
    broker = RabbitMQ(test)
    rules = [{"room": "alarms", "read": "plant.*.alarm", "direction": "in"},
             {"room": "errors", "read": "#.error", "direction": "in"}, {"room": "{name}", "topic": "{name}"}]
    gateway = Gateway(test, config={**config(broker), "rules": rules})
    for name, work in (("lines and messages, both ways, once and in one order", both_ways), ("answers", answers),
                       ("wildcards", wildcards),
                       ("a queue that somebody deletes", deleted), ("a memory alarm", blocked),
                       ("send, tail, map and amqp-tools", commands)):
        with test.case(name):
            in_loop(work(gateway, broker))
    with test.case("a key that we may not publish to"):
        in_loop(denied(test, broker))
    with test.case("a queue that we may not declare"):
        in_loop(queue_denied(test, broker))
    with test.case("a queue that is there, and is another one"):
        in_loop(bad_declare(test, broker))
    with test.case("a persistent room misses nothing while the gateway is dead"):
        in_loop(kept(test, broker))
    with test.case("a queue as the rule has it"):
        in_loop(shaped(test, broker))
    with test.case("a line that no queue takes, where the rule asks"):
        in_loop(unroutable(test, broker))
    with test.case("a broker that restarts"):  # and ends with this
        in_loop(restart(gateway, broker))
