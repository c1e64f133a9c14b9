"""rhea (npm), as the AMQP 1.0 software that we did not write."""
import json
import pathlib
import subprocess

from harness import Child, eventually, run, want

VERSION = "3.0.5"


def install(test):
    """rhea in the test's own folder."""
    folder = test.path("rhea")
    code, out, errors = run(["npm", "install", "--no-audit", "--no-fund", "--prefix", folder, f"rhea@{VERSION}"], patience=120)
    want(code == 0, f"npm: {out}{errors}")
    return folder


class Rhea:
    """A connection of rhea's, in a process of its own."""

    def __init__(self, folder, port, username="guest", password="guest"):
        options = {"host": "127.0.0.1", "port": port, "username": username, "password": password, "reconnect": False}
        script = pathlib.Path(__file__).parent / "rhea" / "client.js"
        self.child = Child(["node", script, json.dumps(options)], folder / f"client-{id(self)}.log", stdin=subprocess.PIPE,
                           env={"PATH": "/usr/bin:/bin:/usr/local/bin", "NODE_PATH": str(folder / "node_modules")})

    def _do(self, **command):
        self.child.process.stdin.write((json.dumps(command) + "\n").encode())
        self.child.process.stdin.flush()

    def said(self):
        return [json.loads(line) for line in self.child.text().splitlines() if line.startswith("{")]

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
        return eventually(lambda: next((each for each in self.heard() if each["heard"] == body), None), f"rhea hears {body!r}", patience)

    def close(self):
        self.child.stop()
