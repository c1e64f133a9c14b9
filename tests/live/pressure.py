"""A topic that is faster than its room: memory stays bounded, nobody else in the gateway notices, and no line goes unaccounted for.

The broker has all of the flood at once; the room has so many occupants that it cannot say it as fast. Held back (`close`), the
broker keeps what the room does not take yet; with `drop-oldest` the room says how many lines it lost.
"""
import contextlib
import re
import select
import socket
import struct
import threading
import time

from harness import PATIENCE, Gateway, Mosquitto, Test, eventually, want, want_equal
from siege import Memory, joined, line, logged_in, pump

OCCUPANTS = 100
QUEUE_LINES = 500
LINE = re.compile(rb"<body>flood (\d+) x*</body>")
LOST = re.compile(rb"<body>(\d+) lines? (?:is|are) lost")


class Publisher:
    """MQTT 3.1.1 by hand: as fast as the broker reads."""

    def __init__(self, broker, name):
        self.socket = socket.create_connection(("127.0.0.1", broker.port), PATIENCE)
        self.socket.sendall(bytes([0x10, 12 + len(name)]) + b"\x00\x04MQTT\x04\x02\x00\x00\x00" +
                            bytes([len(name)]) + name.encode())
        want_equal(self.socket.recv(4), b"\x20\x02\x00\x00", "the broker's answer")

    def flood(self, topic, qos, first, count, size):
        """At QoS 1 it returns when the broker has confirmed all."""
        data = bytearray()
        for number in range(first, first + count):
            body = struct.pack("!H", len(topic)) + topic.encode()
            if qos:
                body += struct.pack("!H", number % 65535 + 1)
            body += f"flood {number} ".encode() + b"x" * size
            data += bytes([0x30 | qos << 1]) + self.length(len(body)) + body
        data, wanted = memoryview(data), 4 * count if qos else 0
        self.socket.setblocking(False)
        end = time.monotonic() + 3 * PATIENCE
        while data or wanted:
            want(time.monotonic() < end, f"the broker takes it all: {len(data)} bytes and {wanted // 4} answers are missing")
            readable, writable, _ = select.select([self.socket], [self.socket] if data else [], [], 1)
            if readable:
                wanted -= len(self.socket.recv(1 << 16))
            if writable:
                data = data[self.socket.send(data[:1 << 18]):]

    @staticmethod
    def length(number):
        out = bytearray()
        while True:
            number, digit = divmod(number, 128)
            out.append(digit | (128 if number else 0))
            if not number:
                return bytes(out)


class Crowd:
    """Occupants who read everything, in a thread of their own; the first of them knows what it read."""

    def __init__(self, gateway, room, count):
        self.members = [joined(logged_in(gateway, f"{room}{n}"), room, f"{room}{n}") for n in range(count)]
        self.poll = select.epoll()
        self.by_number = {}
        for member in self.members:
            member.socket.setblocking(False)
            self.by_number[member.socket.fileno()] = member
            self.poll.register(member.socket, select.EPOLLIN)
        self.lock, self.left = threading.Lock(), 0
        self.tail, self.seen, self.lost = b"", [], 0
        self.is_over = False
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        buffer = memoryview(bytearray(1 << 20))
        while not self.is_over:
            for number, _ in self.poll.poll(0.1):
                member = self.by_number[number]
                try:
                    size = member.socket.recv_into(buffer)
                except BlockingIOError:
                    continue
                except OSError:
                    size = 0
                if not size:
                    self.poll.unregister(number)
                    with self.lock:
                        self.left += 1
                elif member is self.members[0]:
                    self._note(bytes(buffer[:size]))

    def _note(self, data):
        data = self.tail + data
        end = data.rfind(b"</message>") + 1
        self.tail = data[end:]
        with self.lock:
            self.seen += map(int, LINE.findall(data, 0, end))
            self.lost += sum(map(int, LOST.findall(data, 0, end)))

    def counts(self):
        with self.lock:
            want_equal(self.left, 0, "occupants whose stream ended")
            return len(self.seen), self.lost

    def end(self):
        self.is_over = True
        self.thread.join()
        for member in self.members:
            member.close()


class Watch:
    """Asks for the status all the while, in a thread of its own: the most that waited, and whether there was an answer each time."""

    def __init__(self, gateway):
        self.gateway, self.most, self.asked, self.unanswered, self.is_over = gateway, 0, 0, 0, False
        self.thread = threading.Thread(target=self._ask, daemon=True)
        self.thread.start()

    def _ask(self):
        while not self.is_over:
            status = self.gateway.status()
            self.asked += 1
            if status is None:
                self.unanswered += 1
            else:
                self.most = max(self.most, status["brokers"]["main"]["unheard"])
            time.sleep(0.01)

    def end(self):
        self.is_over = True
        self.thread.join()
        want_equal(self.unanswered, 0, f"of {self.asked} questions for the status those without an answer")


def play(overflow, qos, count, size):
    broker = Mosquitto(test, extra=["max_queued_messages 0", "max_inflight_messages 0", "set_tcp_nodelay true"])
    gateway = Gateway(test, config={
        "brokers": {"main": {"url": broker.url, "queue_lines": QUEUE_LINES}},
        "limits": {"queue_bytes": 512 << 20, "session_queue_bytes": 64 << 20, "resume_time": 0},
        "rules": [{"room": "{name}", "topic": "{name}", "qos": qos, **({"overflow": overflow} if overflow else {})}]})
    crowd = Crowd(gateway, "garden", OCCUPANTS)
    beside = joined(logged_in(gateway, "beside"), "orchard", "beside")
    memory = Memory(gateway.child.pid)
    memory.begin()
    watch = Watch(gateway)
    flood = threading.Thread(target=lambda: Publisher(broker, "loud").flood("garden", qos, 0, count, size), daemon=True)
    flood.start()
    # An occupant and a publisher of another room: all their lines come, in order, while it lasts.
    quiet = Publisher(broker, "quiet")
    for number in range(10):
        pump(beside, line("orchard", f"said {number}", f"s{number}"), f"<body>said {number}</body>")
        quiet.flood("orchard", qos, number, 1, 1)
        pump(beside, "", f"<body>flood {number} x</body>")
    eventually(lambda: sum(crowd.counts()) >= count, "every line is said, or said to be lost", 3 * PATIENCE)
    watch.end()
    flood.join(PATIENCE)
    want(not flood.is_alive(), "the broker has it all")
    rise = memory.rise()
    seen, lost = crowd.counts()
    print(f"      {count} lines of {size} bytes at QoS {qos}: {seen} said, {lost} lost, {watch.most} waited at most, "
          f"{rise:.0f} MiB more", flush=True)
    want_equal(crowd.seen, sorted(set(crowd.seen)), "lines in order, each once")
    want_equal(seen + lost, count, "lines said and lost")
    want_equal(gateway.status()["lines"]["dropped"], lost, "lines that status counts as dropped")
    # What came while the gateway called the broker, or at the end of 2 s, is beyond it.
    want(watch.most <= 4 * QUEUE_LINES, f"no more than about {QUEUE_LINES} lines wait, got {watch.most}")
    if test.options.slow == 1:
        want(rise < 64, f"memory rose by {rise:.1f} MiB")
    crowd.end()
    return seen, lost


def stop_while_held_back(qos):
    """The connections live through it, another broker's too, whatever their keep-alive; and the end waits for nobody."""
    broker = Mosquitto(test, extra=["max_queued_messages 0", "max_inflight_messages 0"])
    gateway = Gateway(test, config={
        "brokers": {"main": {"url": broker.url, "queue_lines": QUEUE_LINES, "keep_alive": 5},
                    "other": {"url": broker.url, "client_id": "other", "keep_alive": 5}},
        "rules": [{"room": "{name}", "topic": "{name}", "broker": "main", "qos": qos, "overflow": "close"}]})
    crowd = Crowd(gateway, "garden", OCCUPANTS)
    publisher = Publisher(broker, "loud")

    def flood():
        with contextlib.suppress(OSError):  # its broker ends with the case
            for first in range(0, 10_000_000, 10_000):
                publisher.flood("garden", qos, first, 10_000, 100)
    threading.Thread(target=flood, daemon=True).start()
    time.sleep(9)
    want(crowd.counts()[0] > 0, "lines are said")
    want(": away" not in gateway.log(), "the connections live")
    want_equal(gateway.stop(), 0, "exit code")
    crowd.is_over = True


with Test(limit=150) as test:
    with test.case("QoS 1: the broker is held back, and every line comes once, in order"):
        want_equal(play(None, 1, 10_000, 100)[1], 0, "lines lost")
    with test.case("QoS 0: the oldest are lost, and the room says how many"):
        want(play(None, 0, 50_000, 500)[1] > 0, "the flood is too fast for the room")
    with test.case("QoS 0, where the rule says close: what the broker keeps is not lost"):
        want_equal(play("close", 0, 10_000, 100)[1], 0, "lines lost")
    for qos in (1, 0):
        with test.case(f"QoS {qos}: connections outlive the flood, and the gateway ends in the middle of it"):
            stop_while_held_back(qos)
