"""A room whose home is on MQTT and whose mirror is on AMQP, and the other way round: every line crosses, once, in order."""
import asyncio

from harness import Client, Gateway, Mosquitto, Test, eventually, in_loop, want_equal
from rabbitmq import Pika, RabbitMQ

LINES = 50


def config(mosquitto, rabbit, protocol):
    more = {"profile": "rabbitmq"} if protocol == "amqp-1.0" else {}
    rules = [{"room": "out.{name}", "topic": "out/{name}", "broker": "mqtt", "mirrors": [{"topic": "out.{name}", "broker": "rabbit"}]},
             {"room": "back.{name}", "topic": "back.{name}", "broker": "rabbit", "mirrors": [{"topic": "back/{name}", "broker": "mqtt"}]}]
    return {"login": "open", "brokers": {"mqtt": {"url": mosquitto.url}, "rabbit": {"url": rabbit.url, "protocol": protocol, **more}}, "rules": rules}


def of(who, bodies):
    return [body for body in bodies if body.startswith(who)]


async def crossing(gateway, mosquitto, pika, name, place):
    """Everybody talks at once: two occupants, and a publisher at each broker."""
    room, topic, key = f"{name}.{place}@rooms.localhost", f"{name}/{place}", f"{name}.{place}"
    at_mqtt = mosquitto.subscribe(topic)
    romeo, juliet = await Client.login(gateway, "romeo@localhost/home"), await Client.login(gateway, "juliet@localhost/balcony")
    await romeo.join(room, "romeo")
    await juliet.join(room, "juliet")
    probes = 0
    while "probe" not in " ".join(romeo.bodies(room)):  # a mirror is read a moment after the room is open
        pika.publish(key, f"probe {(probes := probes + 1)}")
        await asyncio.sleep(0.1)
    for n in range(LINES):
        romeo.say(room, f"romeo {n}")
        juliet.say(room, f"juliet {n}")
        pika.publish(key, f"rabbit {n}")
        if n % 10 == 9:
            mosquitto.publish(topic, f"mosquitto {n // 10}", "-q", "1")
    for last in (f"romeo {LINES - 1}", f"juliet {LINES - 1}", f"rabbit {LINES - 1}", f"mosquitto {LINES // 10 - 1}"):
        await romeo.heard(last, room)
        await juliet.heard(last, room)
        at_mqtt.wait(last)
        pika.wait(last)
    total = 3 * LINES + LINES // 10
    said = {"the room": lambda: romeo.bodies(room), "MQTT": lambda: at_mqtt.payloads(topic), "AMQP": lambda: pika.bodies(key)}
    said = {where: lambda ask=ask: [body for body in ask() if not body.startswith("probe")] for where, ask in said.items()}
    eventually(lambda: all(len(ask()) >= total for ask in said.values()), "all is everywhere")
    want_equal(romeo.bodies(room), juliet.bodies(room), "one order in the room")
    for where, ask in said.items():
        bodies = ask()
        want_equal(len(bodies), total, f"lines in {where}")
        for who, count in (("romeo", LINES), ("juliet", LINES), ("rabbit", LINES), ("mosquitto", LINES // 10)):
            want_equal(of(who, bodies), [f"{who} {n}" for n in range(count)], f"what {who} said, in {where}")
    nicks = {line.nick for line in romeo.lines(room)}
    want_equal(nicks, {"romeo", "juliet", "[rabbit]", "[mqtt]"}, "who spoke")
    at_mqtt.stop()
    await romeo.bye()
    await juliet.bye()


async def outage(gateway, rabbit):
    """The mirror is away: what is said meanwhile is there when it is back."""
    room = "out.z@rooms.localhost"
    romeo = await Client.login(gateway, "romeo@localhost/home")
    await romeo.join(room, "romeo")
    queue = "kept-by-the-test"
    pika = Pika(rabbit)
    pika.keep(queue, "out.z")
    pika.close()
    rabbit.stop()
    eventually(lambda: gateway.broker_state("rabbit") != "up", "the mirror is away")
    for n in range(20):
        romeo.say(room, f"away {n}")
    await romeo.heard("away 19", room)
    rabbit.start()
    eventually(lambda: gateway.broker_state("rabbit") == "up", "the mirror is back", 90)
    romeo.say(room, "after")
    await romeo.heard("after", room)
    pika = Pika(rabbit)
    pika.read(queue)
    pika.wait("after")
    want_equal(pika.bodies("out.z"), [*(f"away {n}" for n in range(20)), "after"], "what the mirror has")
    pika.close()
    await romeo.bye()


with Test(limit=200) as test:
    mosquitto, rabbit = Mosquitto(test), RabbitMQ(test)
    pika = Pika(rabbit, *(f"{way}.{place}" for way in ("out", "back") for place in ("x", "y")))
    for protocol, place in (("amqp-1.0", "x"), ("amqp-0-9-1", "y")):
        gateway = Gateway(test, config=config(mosquitto, rabbit, protocol))
        with test.case(f"home on MQTT, the mirror on {protocol}"):
            in_loop(crossing(gateway, mosquitto, pika, "out", place))
        with test.case(f"home on {protocol}, the mirror on MQTT"):
            in_loop(crossing(gateway, mosquitto, pika, "back", place))
        if protocol == "amqp-1.0":
            gateway.stop()
    pika.close()
    with test.case("the mirror restarts"):  # and ends with this
        in_loop(outage(gateway, rabbit))
