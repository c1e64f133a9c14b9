"""Two real brokers, bridged through a room: nothing is lost, nothing comes twice, and an outage of one is mended."""
import re

from harness import Client, Gateway, Mosquitto, Test, eventually, in_loop, want_equal


ROOM = "garden@rooms.localhost"


def config(home, other, protocol):
    return {
        "login": "open",
        "brokers": {"main": {"url": home.url}, "other": {"url": other.url, "protocol": protocol}},
        "rules": [{"room": "{name}", "topic": "{name}", "broker": "main",
                   "mirrors": [{"topic": "copy/{name}", "broker": "other"}]}],
    }


async def bridged(test, protocol):
    home, other = Mosquitto(test), Mosquitto(test)
    gateway = Gateway(test, config=config(home, other, protocol))
    at_home, at_other = home.subscribe("garden"), other.subscribe("copy/garden")
    romeo = await Client.login(gateway, "romeo@localhost/home")
    await romeo.join(ROOM, "romeo")

    romeo.say(ROOM, "But soft")
    await romeo.heard("But soft")
    at_other.wait("But soft")
    other.publish("copy/garden", "21 degrees")
    await romeo.heard("21 degrees")
    at_home.wait("21 degrees")
    home.publish("garden", "lamp is on")
    await romeo.heard("lamp is on")
    at_other.wait("lamp is on")

    other.stop()
    eventually(lambda: gateway.broker_state("other") != "up", "the mirror is away")
    romeo.say(ROOM, "while it is away")
    await romeo.heard("while it is away")
    other.start()
    eventually(lambda: gateway.broker_state("other") == "up", "the mirror is back")
    romeo.say(ROOM, "the end")
    await romeo.heard("the end")
    # A subscriber may be back too late to see them.
    given = re.compile(r"Received PUBLISH from mucbridge-.*'copy/garden'")
    eventually(lambda: len(given.findall(other.child.text())) == 4, "what waited is mirrored, and what came after it, once")

    want_equal(romeo.bodies(ROOM), ["But soft", "21 degrees", "lamp is on", "while it is away", "the end"],
               "what the room said")
    want_equal([line.nick for line in romeo.lines(ROOM)],
               ["romeo", "[other]", "[main]", "romeo", "romeo"], "who said it")
    want_equal(at_home.payloads("garden"), ["But soft", "21 degrees", "lamp is on", "while it is away", "the end"],
               "what was published at home")
    want_equal(at_other.payloads("copy/garden")[:3], ["But soft", "21 degrees", "lamp is on"], "what was mirrored")
    await romeo.bye()
    gateway.stop()


with Test(limit=110) as test:
    for protocol in ("mqtt-5", "mqtt-3.1.1"):
        with test.case(f"two brokers bridged through a room, the mirror on {protocol}"):
            in_loop(bridged(test, protocol))
