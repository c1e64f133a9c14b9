"""Rooms on RabbitMQ by AMQP 1.0 (its plugin), with rhea on the other side."""
import time

from harness import Client, Gateway, Test, eventually, in_loop, want, want_equal
from rabbitmq import RabbitMQ
from rhea import Rhea, install

ROOM = "foo.bar@rooms.localhost"


def config(url, rule=None, **more):
    return {"login": "open", "brokers": {"main": {"url": url, "protocol": "amqp-1.0", "profile": "rabbitmq", **more}},
            "rules": [{"room": "{name}", "topic": "{name}", **(rule or {})}]}


async def both_ways(gateway, rhea):
    rhea.read("/topic/foo.bar")
    romeo, juliet = await Client.login(gateway, "romeo@localhost/home"), await Client.login(gateway, "juliet@localhost/balcony")
    await romeo.join(ROOM, "romeo")
    await juliet.join(ROOM, "juliet")
    romeo.say(ROOM, "But soft ✓")
    await juliet.heard("But soft ✓")
    await romeo.heard("But soft ✓")
    message = rhea.wait("But soft ✓")
    want(message["data"], "one data section")
    want_equal(message["content_type"], "text/plain", "content-type")
    want_equal(message["durable"], True, "durable")
    want_equal(message["reply_to"], "/topic/foo.bar", "reply-to")
    want_equal(message["application_properties"]["XMPPFrom"], ROOM + "/romeo", "who said it")
    want_equal(message["message_id"], message["application_properties"]["mucbridge-id"], "message-id")
    rhea.send("/topic/foo.bar", "21 degrees", application_properties={"nick": "sensor", "count": 3})
    line = await juliet.heard("21 degrees")
    want_equal(line.nick, "sensor [main]", "a publisher's nick")
    for n in range(200):
        (romeo if n % 2 else juliet).say(ROOM, f"line {n}")
        rhea.send("/topic/foo.bar", f"rhea {n}")
    for last in ("line 199", "line 198", "rhea 199"):
        await romeo.heard(last)
        await juliet.heard(last)
        rhea.wait(last)
    want_equal(romeo.bodies(ROOM), juliet.bodies(ROOM), "one order")
    want_equal(sorted(romeo.bodies(ROOM)), sorted(rhea.bodies()), "each sees each, once")
    for who in ("line", "rhea"):
        mine = [body for body in romeo.bodies(ROOM) if body.startswith(who)]
        want_equal(len(mine), 200, f"how many of {who}")
    want_equal([body for body in romeo.bodies(ROOM) if body.startswith("rhea")], [f"rhea {n}" for n in range(200)], "a publisher's order")
    await romeo.bye()
    await juliet.bye()


async def answers(gateway, rhea):
    """correlation-id and XEP-0461 are one thing, both ways."""
    room, topic = "answers@rooms.localhost", "/topic/answers"
    rhea.read(topic)
    romeo = await Client.login(gateway, "romeo@localhost/home")
    await romeo.join(room, "romeo")
    rhea.send(topic, "Who is there?", message_id="ID:question")
    question = await romeo.heard("Who is there?")
    await romeo.answer(room, "I", question.stanza_id)
    want_equal(rhea.wait("I")["correlation_id"], "ID:question", "what is answered, by the publisher's id")
    rhea.send(topic, "Who?", correlation_id=rhea.wait("I")["message_id"])
    answer = await romeo.heard("I")
    want_equal((await romeo.heard("Who?")).answers, answer.stanza_id, "what the publisher answers, by the room's id")
    rhea.send(topic, "nothing of ours", correlation_id="7")
    want_equal((await romeo.heard("nothing of ours")).answers, None, "of a correlation-id that says nothing here")
    await romeo.bye()


async def sections(gateway, rhea):
    room = "kinds@rooms.localhost"
    romeo = await Client.login(gateway, "romeo@localhost/home")
    await romeo.join(room, "romeo")
    for kind, shown in (("text", "as text"), ("data", "as data"), ("map", '{"text":"as map","count":3}')):
        rhea.send("/topic/kinds", f"as {kind}", kind)
        await romeo.heard(shown, room)
    rhea.send("/topic/kinds", "", "nothing")
    rhea.send("/topic/kinds", "the end")
    await romeo.heard("the end", room)
    want(all(body for body in romeo.bodies(room)), f"no empty line: {romeo.bodies(room)}")
    await romeo.bye()


async def wildcards(gateway, rhea):
    room = "errors@rooms.localhost"
    romeo = await Client.login(gateway, "romeo@localhost/home")
    await romeo.join(room, "romeo")
    for key, body in (("x.error", "two"), ("error", "three"), ("error.a", "not"), ("a.b.error", "four")):
        rhea.send(f"/topic/{key}", body)
    await romeo.heard("four", room)
    eventually(lambda: len(romeo.bodies(room)) >= 3, "all are heard")
    want_equal(sorted(romeo.bodies(room)), ["four", "three", "two"], "#.error")
    await romeo.bye()


async def many_rooms(gateway):
    """More addresses than there may be senders at once."""
    romeo = await Client.login(gateway, "romeo@localhost/home")
    rooms = [f"many{n}@rooms.localhost" for n in range(60)]
    for room in rooms:
        await romeo.join(room, "romeo")
    for room in rooms:
        romeo.say(room, f"hello, {room}")
    for room in rooms:
        await romeo.heard(f"hello, {room}", room)
    await romeo.bye()


async def denied(test, broker):
    """A user who may read, and publish nothing on the exchange."""
    broker.ctl("add_user", "narrow", "pw")
    broker.ctl("set_permissions", "narrow", ".*", "^(amq\\.gen.*|mucbridge.*)$", ".*")
    gateway = Gateway(test, config=config(broker.url.replace("guest:guest", "narrow:pw")))
    romeo = await Client.login(gateway, "romeo@localhost/home")
    room = "secret@rooms.localhost"
    await romeo.join(room, "romeo")
    romeo.say(room, "may I?", id="may")
    error = await romeo.until(lambda: next((s for s in romeo.errors() if s.id == "may"), None), "the line is refused")
    text = "".join(error.element.itertext())
    want("unauthorized" in text or "refused" in text, f"the reason, got {text}")
    broker.ctl("set_permissions", "narrow", ".*", ".*", ".*")
    romeo.say(room, "now I may")
    await romeo.heard("now I may", room)
    want_equal(romeo.bodies(room), ["now I may"], "what the room said")
    await romeo.bye()
    gateway.stop()


async def blocked(gateway, broker):
    room = "dam@rooms.localhost"
    romeo = await Client.login(gateway, "romeo@localhost/home")
    await romeo.join(room, "romeo")
    romeo.say(room, "before")
    await romeo.heard("before", room)
    broker.ctl("set_vm_memory_high_watermark", "absolute", "1MB")
    time.sleep(1)
    for n in range(5):
        romeo.say(room, f"dammed {n}")
    await romeo.heard("dammed 4", room)
    broker.ctl("set_vm_memory_high_watermark", "0.9")
    romeo.say(room, "after")
    await romeo.heard("after", room)
    want_equal(romeo.bodies(room), ["before", *(f"dammed {n}" for n in range(5)), "after"], "what the room said")
    await romeo.bye()


async def restart(test, gateway, broker, folder):
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
    rhea = Rhea(folder, broker.port)
    rhea.read("/topic/stay")
    romeo.say(room, "after")
    await romeo.heard("after")
    rhea.wait("after")
    want_equal(romeo.bodies(room), ["before", *(f"away {n}" for n in range(20)), "after"], "what the room said")
    rhea.close()
    await romeo.bye()


async def virtual_host(test, broker):
    broker.ctl("add_vhost", "plant")
    broker.ctl("set_permissions", "-p", "plant", "guest", ".*", ".*", ".*")
    gateway = Gateway(test, config=config(broker.url + "/plant"))
    romeo = await Client.login(gateway, "romeo@localhost/home")
    await romeo.join(ROOM, "romeo")
    romeo.say(ROOM, "in the plant")
    await romeo.heard("in the plant")
    want(broker.ctl("list_queues", "-p", "plant", "--no-table-headers", "name").strip(), "a queue in the virtual host")
    await romeo.bye()
    gateway.stop()


def is_told(test, url, *words, **more):
    gateway = Gateway(test, config=config(url, **more), ready=False)
    status = eventually(lambda: (s := gateway.status()) and s["brokers"]["main"].get("reason") and s, "a reason")
    for word in words:
        want(word in status["brokers"]["main"]["reason"], f"want \"{word}\" in: {status['brokers']['main']['reason']}")
    gateway.stop()


with Test(limit=240) as test:
    broker, folder = RabbitMQ(test), install(test)
    rules = [{"room": "errors", "read": "#.error", "direction": "in"}, {"room": "{name}", "topic": "{name}"}]
    gateway = Gateway(test, config={**config(broker.url), "rules": rules})
    rhea = Rhea(folder, broker.port)
    with test.case("lines and messages, both ways, once and in one order"):
        in_loop(both_ways(gateway, rhea))
    with test.case("answers"):
        in_loop(answers(gateway, rhea))
    with test.case("text, data and value sections"):
        in_loop(sections(gateway, rhea))
    with test.case("wildcards"):
        in_loop(wildcards(gateway, rhea))
    with test.case("many rooms"):
        in_loop(many_rooms(gateway))
    with test.case("a virtual host"):
        in_loop(virtual_host(test, broker))
    with test.case("a wrong password"):
        is_told(test, broker.url.replace("guest:guest", "guest:wrong"), "unauthorized-access")
    with test.case("an address that we may not publish to"):
        in_loop(denied(test, broker))
    with test.case("a memory alarm"):
        in_loop(blocked(gateway, broker))
    rhea.close()
    with test.case("a broker that restarts"):  # and ends with this
        in_loop(restart(test, gateway, broker, folder))
