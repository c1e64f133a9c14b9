"""What a line carries besides its words, seen by python3-paho-mqtt: MQTT 5 user properties, and the JSON payload."""
import json
import queue
import re

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from harness import PATIENCE, Client, Failure, Gateway, Mosquitto, Test, in_loop, want, want_equal

UUID7 = r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"


class Device:
    """A publisher and subscriber that speaks MQTT 5."""

    def __init__(self, broker, *topics):
        self.got, self.granted = queue.Queue(), queue.Queue()
        self.client = mqtt.Client(protocol=mqtt.MQTTv5)
        self.client.on_message = lambda client, data, message: self.got.put(message)
        self.client.on_subscribe = lambda *_: self.granted.put(True)
        self.client.connect("127.0.0.1", broker.port)
        self.client.loop_start()
        for topic in topics:
            self.client.subscribe(topic, qos=1)
            self.granted.get(timeout=PATIENCE)

    def next(self):
        try:
            return self.got.get(timeout=PATIENCE)
        except queue.Empty:
            raise Failure("no message") from None

    def say(self, topic, payload, user=(), content_type=None, retain=False):
        properties = Properties(PacketTypes.PUBLISH)
        if user:
            properties.UserProperty = list(user)
        if content_type:
            properties.ContentType = content_type
        self.client.publish(topic, payload, qos=1, properties=properties, retain=retain).wait_for_publish(PATIENCE)

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


async def outward(gateway, device):
    room = "text.room@rooms.localhost"
    romeo = await Client.login(gateway, "romeo@localhost")
    await romeo.join(room, "Romeo M")
    romeo.send_raw(f"<message to='{room}' type='groupchat' id='my-id-1' xml:lang='it'><body>Ciao &lt;tutti&gt;</body></message>")
    line = await romeo.heard("Ciao <tutti>", room)
    message = device.next()
    want_equal((message.topic, message.payload.decode()), ("text/room", "Ciao <tutti>"), "topic and payload")
    names = dict(message.properties.UserProperty)
    want_equal(names["XMPPFrom"], f"{room}/Romeo M", "XMPPFrom is the occupant JID [K9]")
    want_equal(names["XMPPTo"], room, "XMPPTo [K9]")
    want_equal(names["XMPPID"], "my-id-1", "XMPPID [K9]")
    want_equal(names["XMPPLang"], "it", "XMPPLang [K9]")
    want_equal(names["mucbridge-id"], line.stanza_id, "the id is the room's stanza-id")
    want(re.fullmatch(UUID7, names["mucbridge-id"]), f"a UUIDv7: {names['mucbridge-id']}")
    want(names["mucbridge-origin"] and names["mucbridge-seal"], "origin and seal")
    for key in ("mucbridge-time", "mucbridge-said"):
        want(re.fullmatch(TIME, names[key]), f"{key} is RFC 3339: {names[key]}")
    want("romeo@localhost" not in str(message.properties), "no real JID leaves the room [S9]")
    want_equal(message.properties.PayloadFormatIndicator, 1, "the payload format indicator says UTF-8")
    await romeo.bye()


async def outward_json(gateway, device):
    room = "json.room@rooms.localhost"
    romeo = await Client.login(gateway, "romeo@localhost")
    await romeo.join(room, "Romeo")
    sent = romeo.say(room, 'She said "hi" \\ ünï ✓ \U0001f600')
    line = await romeo.heard('She said "hi" \\ ünï ✓ \U0001f600', room)
    message = device.next()
    fields = json.loads(message.payload)
    want_equal(fields["body"], 'She said "hi" \\ ünï ✓ \U0001f600', "body")
    want_equal(fields["nick"], "Romeo", "nick")
    want_equal(fields["from"], f"{room}/Romeo", "from")
    want_equal(fields["id"], line.stanza_id, "id")
    want_equal(fields["sender_id"], sent, "sender_id")
    want(re.fullmatch(TIME, fields["time"]), f"time is RFC 3339: {fields['time']}")
    want(fields["origin"] and fields["seal"], "origin and seal")
    want_equal(message.properties.ContentType, "application/json", "content type")
    await romeo.bye()


async def inward(gateway, device):
    """Publishers' nicks, languages and ids; and that none of it can be used to speak as an occupant."""
    room, topic = "text.room@rooms.localhost", "text/room"
    romeo = await Client.login(gateway, "romeo@localhost")
    await romeo.join(room, "Romeo")

    async def shown(payload, user=(), **more):
        device.say(topic, payload, user, **more)
        return await romeo.heard(payload, room)

    line = await shown("plain")
    want(line.nick and line.stanza_id, "a nick and a stanza-id")
    line = await shown("named", [("nick", "Thermometer")])
    want("Thermometer" in line.nick, f"the nick that it wishes: {line.nick}")
    line = await shown("from", [("XMPPFrom", f"{room}/Weather Station")])
    want("Weather Station" in line.nick, f"the nick of XMPPFrom: {line.nick}")
    for wish in ("Romeo", "romeo", "ROMEO", "Ｒｏｍｅｏ"):
        line = await shown(f"as {wish}", [("XMPPFrom", f"{room}/{wish}"), ("nick", wish)])
        want(line.nick.casefold() != "romeo", f"nobody speaks as Romeo [S9]: {line.nick}")
    line = await shown("in Italian", [("XMPPLang", "it")])
    want_equal(line.element.get("{http://www.w3.org/XML/1998/namespace}lang"), "it", "the language")
    first = await shown("same id", [("mucbridge-id", "device-1")])
    device.say(topic, "same id again", [("mucbridge-id", "device-1")])
    await shown("after")
    want("same id again" not in romeo.bodies(room), "a foreign id is shown once [S2]")
    want(first.stanza_id != "device-1", "a foreign line has a stanza-id of the room's own")

    romeo.say(room, "mine")
    mine = await romeo.heard("mine", room)
    messages = []
    while not messages or messages[-1].payload != b"mine":
        messages.append(device.next())
    sealed = messages[-1].properties.UserProperty
    device.say(topic, "not what I said", sealed)
    forged = await romeo.heard("not what I said", room)
    want(forged.nick != "Romeo" and forged.stanza_id != mine.stanza_id, "a seal is worth nothing on another body [S9]")
    device.say(topic, "mine", sealed)
    await shown("the end")
    want_equal(romeo.bodies(room).count("mine"), 1, "a replayed line is not said again [S9]")
    await romeo.bye()


async def retained(gateway, device):
    device.say("kept/room", "kept", retain=True)
    romeo = await Client.login(gateway, "romeo@localhost")
    await romeo.join("kept.room@rooms.localhost", "Romeo")
    line = await romeo.heard("kept")
    want(line.delayed, "a retained message is marked as delayed")
    device.say("kept/room", "", retain=True)
    device.say("kept/room", "live")
    want(not (await romeo.heard("live")).delayed, "a live one is not")
    want_equal(romeo.bodies(), ["kept", "live"], "the empty payload that clears it is no line")
    await romeo.bye()


with Test(limit=100) as test:
    broker = Mosquitto(test)
    gateway = Gateway(test, config={
        "brokers": {"main": {"url": broker.url, "protocol": "mqtt-5"}},
        "rules": [{"room": "json.{name}", "topic": "json/{name}", "payload": "json"}, {"room": "{name}", "topic": "{name}"}]})
    with test.case("an occupant's line as MQTT 5 sees it: K9's names, id, origin, seal"):
        device = Device(broker, "text/room")
        in_loop(outward(gateway, device))
        device.close()
    with test.case("an occupant's line as JSON"):
        device = Device(broker, "json/room")
        in_loop(outward_json(gateway, device))
        device.close()
    with test.case("a publisher's nick, language and id; forgeries and replays"):
        device = Device(broker, "text/room")
        in_loop(inward(gateway, device))
        device.close()
    with test.case("a retained message is shown delayed, an empty one not at all"):
        device = Device(broker)
        in_loop(retained(gateway, device))
        device.close()
