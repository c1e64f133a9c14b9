"""The programs under test: mosquitto, and gateways that share a key and nothing else."""
import asyncio
import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from harness import Child, free_port  # noqa: E402
from rabbitmq import make_node  # noqa: E402

KEEP_ALIVE = 4  # s, so that a silent way is found while the test lasts


class Died(Exception):
    pass


class Machine:
    """A process that may be killed, ended, stopped and started again; it does not outlive the test."""
    child = None

    def launch(self):
        raise NotImplementedError

    async def is_up(self):
        raise NotImplementedError

    async def start(self, patience=30):
        self.launch()
        end = time.monotonic() + patience
        while not await self.is_up():
            if not self.child.running():
                raise Died(f"{self.name} ended with {self.child.process.poll()}: {self.child.text()[-800:]}")
            if time.monotonic() > end:
                raise Died(f"{self.name} is not up after {patience} s: {self.child.text()[-800:]}")
            await asyncio.sleep(0.02)

    async def end(self, number, patience=30):
        """The exit code."""
        self.child.signal(number)
        end = time.monotonic() + patience
        while self.child.running():
            if time.monotonic() > end:
                self.child.kill()
                raise Died(f"{self.name} does not end within {patience} s")
            await asyncio.sleep(0.01)
        return self.child.process.poll()

    def pause(self):
        self.child.signal(signal.SIGSTOP)

    def go_on(self):
        self.child.signal(signal.SIGCONT)


class Broker(Machine):
    name = "mosquitto"

    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        folder.mkdir(parents=True)
        lines = [f"listener {self.port} 127.0.0.1", "allow_anonymous true", "persistence true", f"persistence_location {folder}/",
                 "max_queued_messages 0", "max_queued_bytes 0", "autosave_interval 1800", "set_tcp_nodelay true", "connection_messages true",
                 "log_type error", "log_type warning", "log_type notice", "log_timestamp_format %H:%M:%S"]
        if os.geteuid() == 0:
            lines.append("user root")
        (folder / "mosquitto.conf").write_text("\n".join(lines) + "\n")

    def launch(self):
        program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
        self.child = Child([program, "-c", self.folder / "mosquitto.conf"], self.folder / "mosquitto.log")

    async def is_up(self):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
            writer.close()
            return True
        except OSError:
            return False


class Rabbit(Machine):
    """RabbitMQ, with a node of its own."""
    name = "rabbitmq"

    def __init__(self, folder):
        self.folder, self.port, dist, epmd = folder, free_port(), free_port(), free_port()
        folder.mkdir(parents=True)
        (folder / "rabbitmq.conf").write_text(f"listeners.tcp.1 = 127.0.0.1:{self.port}\n")
        (folder / "enabled_plugins").write_text("[rabbitmq_amqp1_0].\n")
        self.env = make_node(folder, f"chaos-{self.port}@localhost", dist, epmd)
        self.epmd = Child(["epmd", "-port", epmd, "-address", "127.0.0.1"], folder / "epmd.log")

    def launch(self):
        self.child = Child(["/usr/lib/rabbitmq/bin/rabbitmq-server"], self.folder / "rabbitmq.log", env=self.env)

    async def start(self, patience=120):
        await super().start(patience)

    async def is_up(self):
        return await Broker.is_up(self)


class Gateway(Machine):
    def __init__(self, folder, index, binary, proxy, seal, settings, persistent_by_rule):
        self.folder, self.index, self.binary, self.proxy = folder, index, binary, proxy
        self.name, self.port, self.state = f"g{index}", free_port(), folder / "state"
        self.expected_down = False
        self.configured = set()  # rooms whose owner made them persistent
        folder.mkdir(parents=True)
        scheme = "amqp" if settings.protocol.startswith("amqp") else "mqtt"
        rule = {"broker": "main", "qos": settings.qos, "payload": "json" if settings.protocol == "mqtt-3.1.1" else "text",
                "who": {"read": "*", "write": "*"}, **({"queue": {"type": "stream"}} if settings.streams else {})}
        config = {
            "listen": [f"xmpp://127.0.0.1:{self.port}"], "login": "open", "state": str(self.state), "seal_key_file": str(seal),
            "brokers": {"main": {"url": f"{scheme}://127.0.0.1:{proxy.port}", "protocol": settings.protocol, "keep_alive": KEEP_ALIVE,
                                 "queue_lines": settings.queue_lines, "queue_bytes": 256 * 1024 * 1024}},
            "rules": [*({"room": room, "topic": room, "persistent": True, **rule} for room in sorted(persistent_by_rule)),
                      {"room": "{name}", "topic": "{name}", **rule}],
            "limits": {"lines_in_flight_per_room": 100000, "session_queue_bytes": 256 * 1024 * 1024, "queue_bytes": 1024 * 1024 * 1024,
                       "unacknowledged_bytes": 256 * 1024 * 1024, "resume_time": 30},
            "log": {"level": "info"},
        }
        if settings.protocol == "amqp-1.0":
            config["brokers"]["main"]["profile"] = "rabbitmq"
        (folder / "bridge.json").write_text(json.dumps(config, indent=1))

    def launch(self):
        self.child = Child([self.binary, "run", "-c", self.folder / "bridge.json"], self.folder / "gateway.log")

    async def is_up(self):
        return await self.status() is not None

    async def status(self, patience=2):
        """What `mucbridge status --json` says; None where nobody answers in time."""
        writer = None
        try:
            reader, writer = await asyncio.wait_for(asyncio.open_unix_connection(str(self.state / "mucbridge.sock")), patience)
            writer.write(b"status\n")
            return json.loads(await asyncio.wait_for(reader.readline(), patience))
        except (OSError, ValueError, asyncio.TimeoutError):
            return None
        finally:
            if writer:
                writer.transport.abort()


def is_settled(status):
    """Connected, and nothing on its way or waiting."""
    return bool(status) and status["ready"] and not any(
        broker.get(key) for broker in status["brokers"].values() for key in ("in_flight", "waiting", "spooled", "kept"))


def is_calm(status):
    """Connected, and nothing waits."""
    return bool(status) and status["ready"] and not any(
        broker.get(key) for broker in status["brokers"].values() for key in ("waiting", "spooled", "kept"))
