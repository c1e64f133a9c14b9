"""Apache ActiveMQ itself, by MQTT 3.1.1, with JMS clients beside the rooms: where all of this comes from.

A JMS producer on topic foo.bar is seen in room foo.bar, what is typed there reaches a JMS consumer on that topic, and a
sender gets no second copy (K2 to K6).
"""
import pathlib
import subprocess

from harness import Child, Client, Gateway, Test, accepts, eventually, free_port, in_loop, run, want, want_equal

ROOM = "foo.bar@rooms.localhost"
JARS = "/usr/share/java"
CLASSES = [f"{JARS}/{name}.jar" for name in ("activemq-broker", "activemq-client", "activemq-mqtt", "activemq-openwire-legacy", "activemq-protobuf",
           "geronimo-jms_1.1_spec", "geronimo-j2ee-management-1.1-spec", "hawtbuf", "hawtdispatch", "hawtdispatch-transport", "mqtt-client",
           "slf4j-api", "slf4j-simple")]


class ActiveMQ:
    def __init__(self, test):
        self.folder = test.path("activemq")
        self.openwire, self.port = free_port(), free_port()
        source = pathlib.Path(__file__).parent / "jms" / "Jms.java"
        self.path = ":".join([str(self.folder), *CLASSES])
        code, out, errors = run(["javac", "-cp", self.path, "-d", self.folder, source], patience=120)
        want(code == 0, f"javac: {out}{errors}")
        self.child = None
        self.start()

    @property
    def url(self):
        return f"mqtt://127.0.0.1:{self.port}"

    def java(self, *words):
        return ["java", "-Xmx256m", f"-Djava.io.tmpdir={self.folder}", "-cp", self.path, "Jms", *map(str, words)]

    def start(self):
        self.child = Child(self.java("broker", self.openwire, self.port), self.folder / "activemq.log")
        eventually(lambda: (accepts(self.openwire) and accepts(self.port)) or not self.child.running(), "ActiveMQ accepts connections", 60)
        want(self.child.running(), "ActiveMQ did not start:\n" + self.child.text()[-2000:])

    def stop(self):
        self.child.stop(60)


class Jms:
    """A JMS client, in a process of its own."""

    def __init__(self, broker):
        self.child = Child(broker.java("client", f"tcp://127.0.0.1:{broker.openwire}"), broker.folder / "jms.log", stdin=subprocess.PIPE)

    def do(self, command):
        self.child.process.stdin.write((command + "\n").encode())
        self.child.process.stdin.flush()
        eventually(lambda: f"done {command}" in self.child.text(), f"the JMS client does it: {command}", 60)

    def heard(self):
        return [line.removeprefix("heard ") for line in self.child.text().splitlines() if line.startswith("heard ")]

    def wait(self, text):
        eventually(lambda: text in self.heard(), f"a JMS consumer hears {text!r}")

    def close(self):
        self.child.stop()


async def beside(gateway, jms):
    romeo, juliet = await Client.login(gateway, "romeo@localhost/home"), await Client.login(gateway, "juliet@localhost/balcony")
    await romeo.join(ROOM, "romeo")
    await juliet.join(ROOM, "juliet")
    jms.do("text foo.bar Hello from JMS")
    line = await romeo.heard("Hello from JMS")
    want_equal(line.nick, "[main]", "whose line it is")
    romeo.say(ROOM, "Hello, JMS ✓")
    await juliet.heard("Hello, JMS ✓")
    jms.wait("Hello, JMS ✓")
    for n in range(50):
        jms.do(f"text foo.bar jms {n}")
        romeo.say(ROOM, f"romeo {n}")
    await juliet.heard("romeo 49")
    await juliet.heard("jms 49")
    await romeo.heard("romeo 49")
    await romeo.heard("jms 49")
    jms.wait("romeo 49")
    want_equal(romeo.bodies(ROOM), juliet.bodies(ROOM), "one order in the room")
    want_equal(jms.heard(), romeo.bodies(ROOM), "and for JMS: no line twice, none lost")
    for who in ("jms", "romeo"):
        want_equal([body for body in romeo.bodies(ROOM) if body.startswith(who)], [f"{who} {n}" for n in range(50)], f"what {who} said")
    await romeo.bye()
    await juliet.bye()


async def kinds(gateway, jms):
    room = "kinds@rooms.localhost"
    romeo = await Client.login(gateway, "romeo@localhost/home")
    await romeo.join(room, "romeo")
    jms.do("bytes kinds some bytes")
    await romeo.heard("some bytes")
    jms.do("map kinds of a map")
    eventually(lambda: jms.child.running(), "the client is there")
    await romeo.until(lambda: next((body for body in romeo.bodies(room) if "of a map" in body), None), "a map's values are shown")
    await romeo.bye()


async def restart(gateway, broker):
    room = "later@rooms.localhost"
    romeo = await Client.login(gateway, "romeo@localhost/home")
    await romeo.join(room, "romeo")
    broker.stop()
    eventually(lambda: gateway.broker_state() != "up", "ActiveMQ is away")
    romeo.say(room, "said while it is away")
    await romeo.heard("said while it is away")
    broker.start()
    # Its topics keep nothing for who is not there, and the consumer is to be the first one.
    jms = Jms(broker)
    jms.do("consume later")
    eventually(lambda: gateway.broker_state() == "up", "ActiveMQ is back", 60)
    romeo.say(room, "said when it is back")
    await romeo.heard("said when it is back")
    jms.wait("said when it is back")
    want_equal(romeo.bodies(room), ["said while it is away", "said when it is back"], "what the room said")
    jms.close()
    await romeo.bye()


with Test(limit=200) as test:
    broker = ActiveMQ(test)
    gateway = Gateway(test, "--login", "open", broker=broker.url)
    jms = Jms(broker)
    jms.do("consume foo.bar")
    with test.case("a JMS producer and consumer on topic foo.bar, beside room foo.bar [K2] [K4] [K6]"):
        in_loop(beside(gateway, jms))
    with test.case("a BytesMessage and a MapMessage are shown"):
        in_loop(kinds(gateway, jms))
    jms.close()
    with test.case("ActiveMQ restarts"):
        in_loop(restart(gateway, broker))
