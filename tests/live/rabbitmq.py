"""RabbitMQ on loopback for the live tests, with a node of its own; and pika, as the software that we did not write."""
import os
import threading
import time

import pika
from harness import Child, accepts, eventually, free_port, run, want

BIN = "/usr/lib/rabbitmq/bin"


def make_node(folder, name, dist, epmd):
    """The environment of a node that lives in this folder and on the loopback."""
    return {**os.environ, "HOME": str(folder), "RABBITMQ_NODENAME": name, "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(folder), "RABBITMQ_LOGS": "-", "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"), "RABBITMQ_PID_FILE": str(folder / "pid"),
            "RABBITMQ_DIST_PORT": str(dist), "ERL_CRASH_DUMP": str(folder / "crash"), "ERL_EPMD_PORT": str(epmd), "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}"}


class RabbitMQ:
    """A broker; `config` is more of rabbitmq.conf. Its node lives in the test's folder, and ends with the test."""

    def __init__(self, test, config=(), start=True, plugins=("rabbitmq_amqp1_0",)):
        self.folder = test.path("rabbitmq")
        self.port, dist, epmd = free_port(), free_port(), free_port()
        self.node = f"mucbridge-{self.port}@localhost"
        (self.folder / "rabbitmq.conf").write_text("\n".join([f"listeners.tcp.1 = 127.0.0.1:{self.port}", *config]) + "\n")
        (self.folder / "enabled_plugins").write_text(f"[{','.join(plugins)}].\n")
        self.env = make_node(self.folder, self.node, dist, epmd)
        self.epmd = Child(["epmd", "-port", epmd, "-address", "127.0.0.1"], self.folder / "epmd.log")
        eventually(lambda: accepts(epmd), "epmd accepts connections")
        self.child = None
        if start:
            self.start()

    @property
    def url(self):
        return f"amqp://guest:guest@127.0.0.1:{self.port}"

    def start(self):
        self.child = Child([f"{BIN}/rabbitmq-server"], self.folder / "rabbitmq.log", env=self.env)
        eventually(lambda: accepts(self.port) or not self.child.running(), "RabbitMQ accepts connections", 120)
        want(self.child.running(), "RabbitMQ did not start:\n" + self.child.text()[-2000:])

    def ctl(self, *words):
        code, out, errors = run([f"{BIN}/rabbitmqctl", "-n", self.node, "-q", *words], env=self.env, patience=60)
        want(code == 0, f"rabbitmqctl {' '.join(map(str, words))}: {errors or out}")
        return out

    def stop(self):
        self.child.stop(60)

    def queues(self):
        """Their names, with what they are."""
        rows = (line.split("\t") for line in self.ctl("list_queues", "--no-table-headers", "name", "durable", "exclusive",
                                                      "messages").splitlines())
        return {row[0]: {"durable": row[1] == "true", "exclusive": row[2] == "true", "messages": int(row[3])}
                for row in rows if len(row) == 4}


class Pika:
    """A connection of pika's, read by a thread of its own: everything on these keys of the exchange, in order."""

    def __init__(self, broker, *keys, exchange="amq.topic"):
        self.exchange, self.seen, self.ended = exchange, [], False
        self.connection = pika.BlockingConnection(pika.URLParameters(broker.url + "/%2F"))
        self.channel = self.connection.channel()
        if keys:
            queue = self.channel.queue_declare("", exclusive=True).method.queue
            for key in keys:
                self.channel.queue_bind(queue, exchange, key)
            self.channel.basic_consume(queue, self._hear, auto_ack=True)
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _hear(self, channel, method, properties, body):
        self.seen.append((method.routing_key, body.decode(errors="replace"), properties))

    def _run(self):
        try:
            while not self.ended:
                self.connection.process_data_events(0.05)
        except pika.exceptions.AMQPError:
            pass

    def _do(self, work, what):
        """In the thread that has the connection."""
        done = threading.Event()

        def doing():
            work()
            done.set()
        self.connection.add_callback_threadsafe(doing)
        want(done.wait(20), f"pika {what}")

    def keep(self, queue, key):
        """A durable queue of this name, that nobody reads yet."""
        def work():
            self.channel.queue_declare(queue, durable=True)
            self.channel.queue_bind(queue, self.exchange, key)
        self._do(work, "declares")

    def read(self, queue):
        self._do(lambda: self.channel.basic_consume(queue, self._hear, auto_ack=True), "reads")

    def publish(self, key, body, **properties):
        self._do(lambda: self.channel.basic_publish(self.exchange, key, body, pika.BasicProperties(**properties)), "publishes")

    def bodies(self, key=None):
        return [body for at, body, _ in self.seen if key in (None, at)]

    def wait(self, body, patience=None):
        return eventually(lambda: next((each for each in list(self.seen) if each[1] == body), None), f"pika receives {body!r}",
                          patience)

    def close(self):
        self.ended = True
        self.thread.join(5)
        try:
            self.connection.close()
        except pika.exceptions.AMQPError:
            pass
        time.sleep(0)
