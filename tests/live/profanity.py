"""A real person's client: profanity in tmux joins foo.bar, sees a line from mosquitto_pub, types one that arrives once."""
import os
import subprocess

from harness import Child, Failure, Gateway, Mosquitto, Test, eventually, want, want_equal


class Profanity:
    """profanity in a tmux of its own, with a home of its own; what is typed and what the screen shows."""

    def __init__(self, test, gateway, name):
        self.name = name
        self.home = test.path("profanity")
        self.socket = self.home / "tmux"
        data, settings = self.home / "data" / "profanity", self.home / "config" / "profanity"
        for folder in (data, settings):
            folder.mkdir(parents=True)
        (data / "accounts").write_text(
            f"[{name}]\nenabled=true\njid={name}@localhost\nserver={gateway.host}\nport={gateway.port}\n"
            f"tls.policy=disable\npassword=any\nresource=profanity\nmuc.service=rooms.localhost\nmuc.nick={name}\n")
        (settings / "profrc").write_text("[ui]\nsplash=false\n[logging]\nmaxsize=1048580\n[notifications]\nremind=0\n")
        env = {**os.environ, "HOME": str(self.home), "XDG_CONFIG_HOME": str(self.home / "config"),
               "XDG_DATA_HOME": str(self.home / "data"), "TERM": "screen", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
        env.pop("TMUX", None)
        self.server = Child(["tmux", "-D", "-f", "/dev/null", "-S", self.socket], self.home / "tmux.log", env=env)
        eventually(self.socket.exists, "tmux starts")
        self.tmux("new-session", "-d", "-x", "160", "-y", "50", "profanity", "--log", "DEBUG")
        self.shows("Profanity")

    def tmux(self, *words):
        done = subprocess.run(["tmux", "-S", self.socket, *words], capture_output=True, text=True, timeout=10)
        want(done.returncode == 0, f"tmux {words[0]}: {done.stderr}")
        return done.stdout

    def screen(self):
        return self.tmux("capture-pane", "-p")

    def type(self, text):
        self.tmux("send-keys", "-l", text)
        self.tmux("send-keys", "Enter")

    def shows(self, text):
        try:
            eventually(lambda: text in self.screen(), text)
        except Failure:
            raise Failure(f"{self.name}'s screen does not show {text!r}:\n{self.screen().rstrip()}") from None

    def lines(self, text):
        """The conversation's lines that hold this text; what is being typed is none."""
        return [line for line in self.screen().splitlines()[:-3] if text in line]


with Test(limit=120) as test:
    broker = Mosquitto(test)
    gateway = Gateway(test, broker=broker)
    sub = broker.subscribe("foo/bar")
    with test.case("profanity joins foo.bar, sees a line from mosquitto_pub, types one that mosquitto_sub sees once"):
        person = Profanity(test, gateway, "romeo")
        person.type("/connect romeo")
        person.shows("romeo@localhost")
        person.shows("logged in")
        person.type("/presence room all")
        person.type("/join foo.bar@rooms.localhost")
        person.shows("You have joined the room as romeo")
        eventually(lambda: (gateway.status() or {}).get("occupants") == 1, "one occupant")
        broker.publish("foo/bar", "hello from the topic")
        person.shows("hello from the topic")
        person.type("hello from a person")
        sub.wait("hello from a person")
        eventually(lambda: person.lines("hello from a person"), "profanity shows its own line")
        broker.publish("foo/bar", "the end")
        person.shows("the end")
        for text in ("hello from the topic", "hello from a person", "the end"):
            want_equal(len(person.lines(text)), 1, f"how often the screen shows {text!r}:\n{person.screen()}\n")
        sub.wait_for(3)
        want_equal(sub.payloads(), ["hello from the topic", "hello from a person", "the end"], "what mosquitto_sub saw")
        print(person.screen().rstrip())
        with test.case("two people in profanity hear each other once"):
            other = Profanity(test, gateway, "juliet")
            other.type("/connect juliet")
            other.shows("logged in")
            other.type("/join foo.bar@rooms.localhost")
            person.shows("juliet has joined the room")
            other.type("good night, good night")
            person.shows("good night, good night")
            person.type("parting is such sweet sorrow")
            other.shows("parting is such sweet sorrow")
            for text in ("good night, good night", "parting is such sweet sorrow"):
                for one in (person, other):
                    want_equal(len(one.lines(text)), 1, f"how often {one.name} sees {text!r}:\n{one.screen()}\n")
            other.type("/close")
            person.shows("juliet has left the room")
        person.type("/quit")
        eventually(lambda: (gateway.status() or {}).get("sessions") == 0, "the session ends")
