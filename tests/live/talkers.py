"""The well-behaved ones beside an attack: two sessions in a room and a device at its topic, a line each every 100 ms.

A process of its own, so that the attacker's work does not slow it. Each hears all three; a line that is lost, comes twice
or out of order is a problem. A newline on stdin ends a window, an answer is one line of JSON:
{"lines", "p50", "p99", "max", "problem"}, milliseconds from when a line was due; it comes once all its lines are heard.

    talkers.py XMPP_PORT MQTT_PORT ROOM PATIENCE      topic ROOM; MQTT_PORT 0: no device
"""
import asyncio
import base64
import json
import re
import sys
import time

PERIOD = 0.1
LINE = re.compile(r"<body>beside (\w+) (\d+)</body>|<(?:stream:)?error\b.*", re.S)


class Hearer:
    """Who hears every line of every speaker, once and in order."""

    def __init__(self, name, world):
        self.name, self.world = name, world
        self.heard, self.late = {}, []

    def hear(self, speaker, number):
        due = self.heard.get(speaker, 0)
        if number != due:
            what = "twice or late" if number < due else f"before {due}"
            self.world.problem = self.world.problem or f"{self.name} heard line {number} of {speaker} {what}"
        self.heard[speaker] = max(due, number + 1)
        self.late.append((number, 1000 * (time.monotonic() - self.world.due(number))))


class Talker(Hearer):
    async def enter(self, port, room):
        self.room = f"{room}@rooms.localhost"
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", port)
        header = ("<stream:stream to='localhost' version='1.0' xmlns='jabber:client' "
                  "xmlns:stream='http://etherx.jabber.org/streams'>")
        secret = base64.b64encode(f"\0{self.name}\0any".encode()).decode()
        await self.ask(header, "</stream:features>")
        await self.ask(f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{secret}</auth>", "<success")
        await self.ask(header, "</stream:features>")
        await self.ask("<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>", "</iq>")
        await self.ask(f"<presence to='{self.room}/{self.name}'><x xmlns='http://jabber.org/protocol/muc'/></presence>",
                       "<subject")

    async def ask(self, words, answer):
        self.writer.write(words.encode())
        got = ""
        while answer not in got:
            more = await asyncio.wait_for(self.reader.read(65536), self.world.patience)
            if not more:
                raise SystemExit(f"{self.name}: closed before {answer}: {got}")
            got += more.decode()

    async def listen(self):
        text = ""
        while more := await self.reader.read(65536):
            text += more.decode(errors="replace")
            at = 0
            for found in LINE.finditer(text):
                at = found.end()
                if found[1]:
                    self.hear(found[1], int(found[2]))
                else:
                    self.world.problem = self.world.problem or f"{self.name} got an error: {found[0][:300]}"
            text = text[at:]
        self.world.problem = self.world.problem or f"{self.name}'s connection was closed: {text[-300:]}"

    def say(self, number):
        self.writer.write(f"<message to='{self.room}' type='groupchat' id='{number}'><body>beside {self.name} {number}"
                          "</body></message>".encode())


class Device(Hearer):
    """It hears in a thread of Paho's: a list is appended to there, and nothing else is done."""

    def enter(self, port, topic):
        import paho.mqtt.client as mqtt
        self.topic, granted = topic, []
        self.client = mqtt.Client(protocol=mqtt.MQTTv5)
        self.client.on_subscribe = lambda *_: granted.append(True)
        self.client.on_message = lambda client, data, message: self.take(message.payload.decode(errors="replace"))
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        self.client.subscribe(topic, qos=1)
        end = time.monotonic() + self.world.patience
        while not granted and time.monotonic() < end:
            time.sleep(0.01)

    def take(self, payload):
        found = re.fullmatch(r"beside (\w+) (\d+)", payload)
        if found:
            self.hear(found[1], int(found[2]))

    def say(self, number):
        self.client.publish(self.topic, f"beside {self.name} {number}", qos=1)


class World:
    def __init__(self, patience):
        self.patience, self.problem, self.start = patience, None, 0.0
        self.said = self.begin = 0
        self.windows = 0

    def due(self, number):
        return self.start + number * PERIOD

    async def enter(self, xmpp_port, mqtt_port, room):
        talkers = [Talker("romeo", self), Talker("juliet", self)]
        for talker in talkers:
            await talker.enter(xmpp_port, room)
        self.everybody = [*talkers]
        if mqtt_port:
            self.everybody.append(Device("device", self))
            self.everybody[-1].enter(mqtt_port, room)
        for talker in talkers:
            asyncio.ensure_future(talker.listen())

    async def talk(self):
        self.start = time.monotonic()
        end = None  # of a window: the lines before it are awaited until then
        while True:
            await asyncio.sleep(max(0, self.due(self.said) - time.monotonic()))
            for speaker in self.everybody:
                speaker.say(self.said)
            self.said += 1
            if self.windows and end is None:
                end, until = time.monotonic() + self.patience, self.said
            if end is None:
                continue
            missing = [f"{who.name} did not hear line {who.heard.get(speaker.name, 0)} of {speaker.name}"
                       for who in self.everybody for speaker in self.everybody
                       if who.heard.get(speaker.name, 0) < until]
            if not missing or self.problem or time.monotonic() > end:
                self.problem = self.problem or ("; ".join(missing) or None)
                self.answer(until)
                end, self.windows = None, self.windows - 1

    def answer(self, until):
        late = sorted(took for who in self.everybody for number, took in who.late if self.begin <= number < until) or [0]
        for who in self.everybody:
            who.late = [one for one in who.late if one[0] >= until]
        print(json.dumps({"lines": (until - self.begin) * len(self.everybody), "p50": late[len(late) // 2],
                          "p99": late[len(late) * 99 // 100], "max": late[-1], "problem": self.problem}), flush=True)
        self.begin, self.problem = until, None


async def main():
    xmpp_port, mqtt_port, room, patience = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], float(sys.argv[4])
    world = World(patience)
    await world.enter(xmpp_port, mqtt_port, room)
    print("talking", flush=True)

    def on_stdin():
        if not sys.stdin.buffer.raw.read(1):
            raise SystemExit
        world.windows += 1

    asyncio.get_running_loop().add_reader(0, on_stdin)
    await world.talk()


asyncio.run(main())
