"""A small MQTT client, 5 and 3.1.1, QoS 0 to 2: one session that goes on over its connections, and loses nothing itself."""
import asyncio
import collections
import itertools

CONNECT, CONNACK, PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP, SUBSCRIBE, SUBACK, PINGREQ, PINGRESP, DISCONNECT = \
    1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 14
USER_PROPERTY, SESSION_EXPIRY, RECEIVE_MAXIMUM = 0x26, 0x11, 0x21
KEEP_ALIVE = 60
IN_FLIGHT = 16  # mosquitto loses what a 3.1.1 client publishes at QoS 2 beyond its max_inflight_messages
# MQTT 5 §2.2.2.2: how long a property's value is; "s" text, "S" two texts, "v" a variable integer.
PROPERTIES = {1: 1, 2: 4, 3: "s", 8: "s", 9: "s", 11: "v", 17: 4, 18: "s", 19: 2, 21: "s", 22: "s", 23: 1, 24: 4, 25: 1, 26: "s",
              28: "s", 31: "s", 33: 2, 34: 2, 35: 2, 36: 1, 37: 1, 38: "S", 39: 4, 40: 1, 41: 1, 42: 1}


def text(value):
    data = value.encode()
    return len(data).to_bytes(2, "big") + data


def varint(value):
    out = bytearray()
    while True:
        value, byte = value >> 7, value & 127
        out.append(byte | (128 if value else 0))
        if not value:
            return bytes(out)


def read_varint(data, at):
    value, shift = 0, 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def read_properties(data, at):
    """The user properties, and where the properties end."""
    size, at = read_varint(data, at)
    end, found = at + size, {}
    while at < end:
        kind = data[at]
        at += 1
        shape = PROPERTIES[kind]
        if shape == "v":
            _, at = read_varint(data, at)
        elif shape in ("s", "S"):
            words = []
            for _ in range(2 if shape == "S" else 1):
                length = int.from_bytes(data[at:at + 2], "big")
                words.append(data[at + 2:at + 2 + length])
                at += 2 + length
            if shape == "S":
                found.setdefault(words[0].decode(), words[1].decode())
        else:
            at += shape
    return found, end


class Session:
    """Connects again whenever it must; what was published and not taken is sent again, in its order."""

    def __init__(self, name, port, protocol, on_message=None, on_taken=None, on_repeat=None):
        self.name, self.port, self.five = name, port, protocol == "mqtt-5"
        self.on_message, self.on_taken, self.on_repeat = on_message, on_taken, on_repeat
        self.filters = []
        self.subscribed = asyncio.Event()
        self.unsettled = {}   # packet id: [key, state (PUBLISH or PUBREL), packet]
        self.waiting = collections.deque()  # what is to be published after those
        self.received = set()  # packet ids at QoS 2, not yet released
        self.ids = itertools.cycle(range(1, 65535))
        self.writer = None
        self.connections = self.lost_sessions = self.messages = 0
        self.task = asyncio.ensure_future(self.live())

    @property
    def connected(self):
        return self.writer is not None

    async def live(self):
        while True:
            try:
                await self.talk()
            except (OSError, asyncio.IncompleteReadError, asyncio.TimeoutError):
                pass
            if self.writer:
                self.writer.transport.abort()
            self.writer = None
            await asyncio.sleep(0.1)

    async def stop(self):
        self.task.cancel()
        if self.writer:
            self.writer.transport.abort()

    def packet(self, kind, flags, body):
        return bytes([kind << 4 | flags]) + varint(len(body)) + body

    def properties(self, *parts):
        if not self.five:
            return b""
        joined = b"".join(parts)
        return varint(len(joined)) + joined

    async def talk(self):
        reader, writer = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", self.port), 5)
        writer.write(self.packet(CONNECT, 0, text("MQTT") + bytes([5 if self.five else 4, 0]) + KEEP_ALIVE.to_bytes(2, "big")
                                 + self.properties(bytes([SESSION_EXPIRY]) + (3600).to_bytes(4, "big")) + text(self.name)))
        try:
            kind, _, body = await asyncio.wait_for(self.read(reader), 10)
            if kind != CONNACK or body[1]:
                raise ConnectionError(f"refused: {body!r}")
        except BaseException:
            writer.transport.abort()
            raise
        self.lost_sessions += bool(self.connections) and not body[0] & 1
        if not body[0] & 1:
            self.received.clear()
        self.connections += 1
        self.writer = writer
        for index, (filter, qos) in enumerate(self.filters):
            self.write(SUBSCRIBE, 2, (65000 + index).to_bytes(2, "big") + self.properties() + text(filter) + bytes([qos]))
        for packet_id, (key, state, packet) in self.unsettled.items():
            if state == PUBLISH:
                writer.write(bytes([packet[0] | 8]) + packet[1:])
                if self.on_repeat:
                    self.on_repeat(key)
            else:
                self.write(PUBREL, 2, packet_id.to_bytes(2, "big"))
        self.pump()
        pings = asyncio.ensure_future(self.ping())
        try:
            while True:
                self.on_packet(*await self.read(reader))
        finally:
            pings.cancel()

    async def ping(self):
        while True:
            await asyncio.sleep(KEEP_ALIVE / 3)
            self.write(PINGREQ, 0, b"")

    async def read(self, reader):
        first = (await reader.readexactly(1))[0]
        size = shift = 0
        while True:
            byte = (await reader.readexactly(1))[0]
            size |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                break
        return first >> 4, first & 15, await reader.readexactly(size)

    def write(self, kind, flags, body):
        if self.writer:
            self.writer.write(self.packet(kind, flags, body))

    def subscribe(self, filter, qos):
        self.filters.append((filter, qos))
        self.write(SUBSCRIBE, 2, (64999 + len(self.filters)).to_bytes(2, "big") + self.properties() + text(filter) + bytes([qos]))

    def publish(self, topic, payload, qos, key, properties=()):
        self.waiting.append((topic, payload, qos, key, properties))
        self.pump()

    @property
    def is_settled(self):
        return not self.unsettled and not self.waiting

    def pump(self):
        while self.writer and self.waiting and len(self.unsettled) < IN_FLIGHT:
            topic, payload, qos, key, properties = self.waiting.popleft()
            packet_id = next(self.ids)
            pairs = [bytes([USER_PROPERTY]) + text(name) + text(value) for name, value in properties]
            packet = self.packet(PUBLISH, qos << 1,
                                 text(topic) + packet_id.to_bytes(2, "big") + self.properties(*pairs) + payload)
            self.unsettled[packet_id] = [key, PUBLISH, packet]
            self.writer.write(packet)

    def on_packet(self, kind, flags, body):
        if kind == PUBLISH:
            return self.on_publish(flags, body)
        if kind == SUBACK:
            return self.subscribed.set()
        packet_id = int.from_bytes(body[:2], "big")
        if kind in (PUBACK, PUBCOMP):
            entry = self.unsettled.pop(packet_id, None)
            if entry and self.on_taken:
                self.on_taken(entry[0])
            self.pump()
        elif kind == PUBREC:
            if packet_id in self.unsettled:
                self.unsettled[packet_id][1] = PUBREL
            self.write(PUBREL, 2, body[:2])
        elif kind == PUBREL:
            self.received.discard(packet_id)
            self.write(PUBCOMP, 0, body[:2])

    def on_publish(self, flags, body):
        length = int.from_bytes(body[:2], "big")
        topic, at, qos = body[2:2 + length].decode(), 2 + length, flags >> 1 & 3
        packet_id = body[at:at + 2] if qos else b""
        at += len(packet_id)
        found = {}
        if self.five:
            found, at = read_properties(body, at)
        number = int.from_bytes(packet_id, "big")
        self.messages += 1
        if not (qos == 2 and number in self.received) and self.on_message:
            self.on_message(topic, body[at:], found)
        if qos == 1:
            self.write(PUBACK, 0, packet_id)
        elif qos == 2:
            self.received.add(number)
            self.write(PUBREC, 0, packet_id)
