"""rhea (npm), as the AMQP 1.0 software that we did not write."""
import json
import pathlib
import subprocess

from harness import Child, eventually, free_port, run, want

VERSION = "3.0.5"


def install(test):
    """rhea in the test's own folder."""
    folder = test.path("rhea")
    code, out, errors = run(["npm", "install", "--no-audit", "--no-fund", "--prefix", folder, f"rhea@{VERSION}"], patience=120)
    want(code == 0, f"npm: {out}{errors}")
    return folder


class Script:
    """One of our scripts with rhea in it, in a process of its own: it is told what to do, and says what it sees."""

    def __init__(self, folder, name, *words):
        script = pathlib.Path(__file__).parent / "rhea" / f"{name}.js"
        self.child = Child(["node", script, *words], folder / f"{name}-{id(self)}.log", stdin=subprocess.PIPE,
                           env={"PATH": "/usr/bin:/bin:/usr/local/bin", "NODE_PATH": str(folder / "node_modules")})

    def _do(self, **command):
        self.child.process.stdin.write((json.dumps(command) + "\n").encode())
        self.child.process.stdin.flush()

    def said(self):
        return [json.loads(line) for line in self.child.text().splitlines() if line.startswith("{")]

    def close(self):
        self.child.stop()


class Rhea(Script):
    """A connection of rhea's."""

    def __init__(self, folder, port, username="guest", password="guest"):
        options = {"host": "127.0.0.1", "port": port, "username": username, "password": password, "reconnect": False}
        super().__init__(folder, "client", json.dumps(options))

    def read(self, address):
        self._do(read=address)
        eventually(lambda: any(each.get("reads") == address for each in self.said()), f"rhea reads {address}: {self.child.text()}")

    def send(self, address, body, kind="text", **message):
        self._do(send=address, body=body, kind=kind, **message)

    def heard(self):
        return [each for each in self.said() if "heard" in each]

    def bodies(self):
        return [each["heard"] for each in self.heard()]

    def wait(self, body, patience=None):
        return eventually(lambda: next((each for each in self.heard() if each["heard"] == body), None),
                          f"rhea hears {body!r}: {self.child.text()}", patience)


class StandIn(Script):
    """A broker of topics on rhea, with durable subscriptions and faults on demand; `prefix` is how its topics begin."""

    def __init__(self, folder, prefix=""):
        self.port = free_port()
        super().__init__(folder, "broker", self.port, prefix)
        eventually(lambda: self.said(), "the broker listens")

    def do(self, **command):
        """Returns what it said to that."""
        before = len(self.said())
        self._do(**command)
        eventually(lambda: any("done" in each for each in self.said()[before:]), f"the broker does {command}: {self.child.text()}")
        return self.said()[before:]

    def subscriptions(self):
        return next(each["subscriptions"] for each in self.do(list=True) if "subscriptions" in each)

    def attached(self, kind):
        """Links: "subscribes" or "publishes"."""
        return [each for each in self.said() if kind in each]
