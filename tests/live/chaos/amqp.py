"""A small AMQP 0-9-1 client with the shape of mqtt.Session, by pika: on a thread of its own, which connects again whenever it must;
what was published and not confirmed is published again, in its order."""
import asyncio
import collections
import queue
import threading
import time

import pika

EXCHANGE = "amq.topic"
REMEMBERED = 2000  # messages that the broker may bring again


class Session:
    five = True  # it carries properties

    def __init__(self, name, port, protocol, on_message=None, on_taken=None, on_repeat=None, stream=None):
        self.name, self.port, self.stream = name, port, stream
        self.on_message, self.on_taken, self.on_repeat = on_message, on_taken, on_repeat
        self.loop = asyncio.get_running_loop()
        self.keys, self.items = [], queue.Queue()
        self.subscribed = asyncio.Event()
        self.unsettled = 0      # touched on the loop alone
        self.connected = False
        self.ending = False
        self.latest = collections.deque(maxlen=REMEMBERED)
        self.thread = threading.Thread(target=self.live, daemon=True)
        self.thread.start()

    @property
    def is_settled(self):
        return self.unsettled == 0

    def subscribe(self, key, qos):
        self.keys.append(key)

    def publish(self, key, payload, qos, number, properties=()):
        self.unsettled += 1
        self.items.put((key, payload, number, dict(properties)))

    async def stop(self):
        self.ending = True
        await asyncio.to_thread(self.thread.join, 5)

    def tell(self, call, *words):
        if not self.ending:
            self.loop.call_soon_threadsafe(call, *words)

    # On the thread.

    def live(self):
        item, has_tried = None, False
        while not self.ending:
            connection = None
            try:
                connection = pika.BlockingConnection(pika.ConnectionParameters(
                    "127.0.0.1", self.port, heartbeat=30, socket_timeout=5, blocked_connection_timeout=60))
                if self.stream and not self.is_served(connection):
                    continue
                channel = connection.channel()
                channel.confirm_delivery()
                if self.on_message:
                    self.consume(channel)
                self.connected = True
                while not self.ending:
                    if item is None:
                        item, has_tried = self.next_item(), False
                    if item is None:
                        connection.process_data_events(0.02 if self.on_message else 0)
                        continue
                    if has_tried and self.on_repeat:
                        self.tell(self.on_repeat, item[2])
                    has_tried = True
                    key, payload, number, headers = item
                    channel.basic_publish(EXCHANGE, key, payload, pika.BasicProperties(delivery_mode=2, headers=headers))
                    item = None
                    self.tell(self.taken, number)
            except (pika.exceptions.AMQPError, OSError):
                time.sleep(0.1)
            finally:
                self.connected = False
                try:
                    if connection and connection.is_open:
                        connection.close()
                except (pika.exceptions.AMQPError, OSError):
                    pass

    def is_served(self, connection):
        """RabbitMQ confirms what is published before it serves its streams, just after it started, and they do not get it."""
        try:
            connection.channel().queue_declare(self.stream, passive=True)
            return True
        except pika.exceptions.ChannelClosedByBroker:
            time.sleep(0.05)
            return False

    def next_item(self):
        try:
            return self.items.get(timeout=0 if self.on_message else 0.05)
        except queue.Empty:
            return None

    def taken(self, number):
        self.unsettled -= 1
        if self.on_taken:
            self.on_taken(number)

    def consume(self, channel):
        """From a queue that outlives the connection."""
        channel.queue_declare(self.name, durable=True)
        for key in self.keys:
            channel.queue_bind(self.name, EXCHANGE, key)
        channel.basic_qos(prefetch_count=200)
        channel.basic_consume(self.name, self.hear)
        self.tell(self.subscribed.set)

    def hear(self, channel, method, properties, body):
        headers = {name: str(value) for name, value in (properties.headers or {}).items()}
        seen = (method.routing_key, body, headers.get("mucbridge-id"))
        if not (method.redelivered and seen in self.latest):
            self.tell(self.on_message, method.routing_key, body, headers)
        self.latest.append(seen)
        channel.basic_ack(method.delivery_tag)
