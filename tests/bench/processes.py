"""Servers of compare.py: started by the scripts in servers/ on a free port and a core, and gone when their block ends."""
import os
import pathlib
import signal
import socket
import subprocess
import time

SCRIPTS = pathlib.Path(__file__).resolve().parent / "servers"


class Failure(Exception):
    """A measurement that does not count."""


class Process:
    """`servers/SCRIPT FOLDER PORT ...`, up while its block runs. The server has the script's process id."""
    scenario = None  # where it cannot do the row's

    def __init__(self, folder, core, script, *words, **environment):
        folder.mkdir()
        self.folder, self.port = folder, free_port()
        with open(folder / "output", "w") as output:
            self.process = subprocess.Popen(
                ["taskset", "-c", core, SCRIPTS / script, folder, str(self.port), *map(str, words)],
                stdout=output, stderr=output, start_new_session=True, env={**os.environ, **environment})
        self.pid = self.process.pid

    def __enter__(self):
        try:
            self.await_start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def await_start(self):
        end = time.monotonic() + 120
        while not (accepts(self.port) and self.is_ready()):
            if self.process.poll() is not None or time.monotonic() > end:
                raise Failure(f"{self.process.args[3]} does not start\n{self.log()}")
            time.sleep(0.1)

    def is_ready(self):
        return True

    def log(self):
        return "".join((self.folder / "output").read_text(errors="replace").splitlines(True)[-20:])

    def __exit__(self, *_):
        """What it would still say to a thousand who left interests nobody."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()


class Broker(Process):
    def __init__(self, folder, core):
        super().__init__(folder, core, "mosquitto.sh")


class Mosquitto(Process):
    """Alone, from a publisher to a subscriber: what a gateway through it cannot exceed."""
    scenario = "broker"

    def __init__(self, folder, _row, _broker, _build, server_core, _load_core):
        super().__init__(folder, server_core, "mosquitto.sh")

    @staticmethod
    def has(row):
        return row.qos is not None


class Mucbridge(Process):
    loops = 1

    def __init__(self, folder, row, broker, build, server_core, load_core):
        self.build = build
        core = server_core if self.loops == 1 else f"{server_core},{load_core}"
        super().__init__(folder, core, "mucbridge.sh", BUILD=str(build), LOOPS=str(self.loops),
                         BROKER=f"mqtt://127.0.0.1:{broker.port}" if broker else "memory:", QOS=str(row.qos or 0))

    def is_ready(self):
        words = [self.build / "mucbridge", "wait", "--state", self.folder / "state", "--timeout", "30"]
        return subprocess.run(words, capture_output=True).returncode == 0

    @staticmethod
    def has(_row):
        return True


class Mucbridge2(Mucbridge):
    """On both cores: the load gets what is left of its own, so that figures per second are not the others' like."""
    loops = 2

    @staticmethod
    def has(row):
        return bool(row.figures)


class Before(Mucbridge):
    """Another build of mucbridge."""

    @staticmethod
    def has(row):
        return bool(row.figures)


class Peer(Process):
    """An XMPP server, which knows no topics."""
    script = ""

    def __init__(self, folder, row, _broker, _build, server_core, _load_core):
        super().__init__(folder, server_core, self.script, row.rooms * row.occupants)

    @staticmethod
    def has(row):
        return row.qos is None


class Prosody(Peer):
    script = "prosody.sh"


class Ejabberd(Peer):
    script = "ejabberd.sh"

    def is_ready(self):
        return (self.folder / "ready").exists()


class Bot(Process):
    """A bot in the rooms of Prosody, which is its child."""

    def __init__(self, folder, row, broker, _build, server_core, _load_core):
        super().__init__(folder, server_core, "bot.sh", row.occupants, broker.port, row.scenario, row.qos)

    def is_ready(self):
        return (self.folder / "ready").exists()

    @staticmethod
    def has(row):
        return row.qos is not None


SERVERS = {"mucbridge": Mucbridge, "mucbridge-2": Mucbridge2, "before": Before, "ejabberd": Ejabberd,
           "prosody": Prosody, "bot": Bot, "mosquitto": Mosquitto}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def accepts(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
