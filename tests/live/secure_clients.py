"""Other people's clients log in over TLS, which is required, to an account, and talk across MQTT."""
import os
import shutil

from clients import NOBODY, Poezio, Profanity, Terminal
from harness import Child, Mosquitto, Test, eventually, run, want, want_equal
from secured import PASSWORD, House

ROOM, TOPIC = "foo.bar@rooms.localhost", "foo/bar"


class Door:
    """What the terminals want of a server."""

    def __init__(self, house, direct=False):
        self.house, self.host, self.port = house, "127.0.0.1", house.ports[direct]


class SecureProfanity(Profanity):
    """It asks its person about a certificate that it cannot verify."""

    policy = "force"

    def prepare(self):
        super().prepare()
        accounts = self.home / "data" / "profanity" / "accounts"
        accounts.write_text(accounts.read_text().replace("tls.policy=disable", f"tls.policy={self.policy}")
                            .replace("password=any", f"password={PASSWORD}"))

    def login(self):
        self.shows("Profanity")
        self.type(f"/connect {self.name}")
        self.shows("/tls allow")
        self.type("/tls allow")
        self.shows("logged in")


class DirectProfanity(SecureProfanity):
    policy = "legacy"


class SecurePoezio(Poezio):
    """It verifies the certificate."""

    def prepare(self):
        super().prepare()
        ca = self.home / "ca.crt"
        shutil.copy(self.server.house.ca, ca)
        ca.chmod(0o644)
        self.settings.write_text(self.settings.read_text().replace("force_encryption = false", "force_encryption = true")
                                 .replace("password = any", f"password = {PASSWORD}") + f"ca_cert_path = {ca}\n")
        if os.geteuid() == 0:
            os.chown(ca, NOBODY, NOBODY)
            os.chown(self.settings, NOBODY, NOBODY)


class Finch(Terminal):
    """It knows the certificate from an earlier visit, and enters its room by itself."""

    def prepare(self):
        purple = self.home / ".purple"
        known = purple / "certificates" / "x509" / "tls_peers"
        known.mkdir(parents=True)
        shutil.copy(self.server.house.certificate, known / "localhost")
        (purple / "accounts.xml").write_text(f"""<?xml version='1.0' encoding='UTF-8' ?>
<account version='1.0'><account><protocol>prpl-jabber</protocol><name>{self.name}@localhost/finch</name>
<password>{PASSWORD}</password><statuses><status type='available' name='Available' active='true'><attributes/></status></statuses>
<settings><setting name='connect_server' type='string'>localhost</setting>
<setting name='port' type='int'>{self.server.port}</setting>
<setting name='connection_security' type='string'>require_tls</setting></settings>
<settings ui='gnt-purple'><setting name='auto-login' type='bool'>1</setting></settings></account></account>
""")
        (purple / "blist.xml").write_text(f"""<?xml version='1.0' encoding='UTF-8' ?>
<purple version='1.0'><blist><group name='Chats'><chat proto='prpl-jabber' account='{self.name}@localhost/finch'>
<component name='handle'>{self.name}</component><component name='room'>foo.bar</component>
<component name='server'>rooms.localhost</component><setting name='gnt-autojoin' type='bool'>1</setting></chat></group></blist>
<privacy/></purple>
""")

    def command(self):
        return ["finch", "-c", self.home / ".purple"]

    def login(self):
        """The buddy list is in front; the room's window is the next."""
        self.shows("Buddy List")
        eventually(lambda: self.tmux("send-keys", "M-n") or "[foo.bar" in self.screen() or "foo.bar (" in self.screen(), "its room")


def converse(person, sub, broker):
    """Both ways, once each."""
    from_person, from_topic = f"hello from {type(person).__name__}", f"hello, {type(person).__name__}"
    broker.publish(TOPIC, from_topic)
    person.shows(from_topic)
    person.type(from_person)
    sub.wait(from_person)
    person.shows(from_person)
    broker.publish(TOPIC, "the end of it")
    person.shows("the end of it")
    for text in (from_topic, from_person):
        want_equal(len(person.lines(text)), 1, f"how often the screen shows {text!r}:\n{person.screen()}\n")
        want_equal(sub.payloads().count(text), 1, f"how often {text!r} is on the topic")




with Test(limit=110) as test:
    broker = Mosquitto(test)
    house = House(test, broker=broker)
    sub = broker.subscribe(TOPIC)
    for kind, direct in ((SecureProfanity, False), (DirectProfanity, True), (SecurePoezio, False)):
        with test.case(f"{kind.__name__}: {'direct TLS' if direct else 'STARTTLS'}, SCRAM, and across MQTT both ways"):
            person = kind(test, Door(house, direct), "romeo")
            person.login()
            person.join(ROOM)
            eventually(lambda: (house.gateway.status() or {}).get("occupants") == 1, "one occupant")
            converse(person, sub, broker)
            person.type("/quit")
            eventually(lambda: (house.gateway.status() or {}).get("occupants") == 0, "it is gone", 10)
    for direct, flags in ((False, []), (True, ["-t"])):
        with test.case(f"go-sendxmpp: {'direct TLS' if direct else 'STARTTLS'}, verified; says one line, and hears one"):
            words = ["go-sendxmpp", *flags, "-u", "romeo@localhost", "-p", PASSWORD, "-j", f"localhost:{house.ports[direct]}",
                     "-a", "romeo", "-c", ROOM]
            env = {**os.environ, "SSL_CERT_FILE": str(house.ca)}
            line = f"hello from go-sendxmpp {direct}"
            code, out, errors = run(words, line + "\n", env=env)
            want(code == 0, out + errors)
            sub.wait(line)
            want_equal(sub.payloads().count(line), 1, "how often it is published")
            listener = Child([*words[:-1], "-l", ROOM], test.path("go-sendxmpp") / "heard.log", env=env)
            eventually(lambda: (house.gateway.status() or {}).get("occupants") == 1, "it listens")
            broker.publish(TOPIC, f"hello, go-sendxmpp {direct}")
            eventually(lambda: f"hello, go-sendxmpp {direct}" in listener.text(), f"it hears:\n{listener.text()}")
            listener.stop()
            eventually(lambda: (house.gateway.status() or {}).get("occupants") == 0, "it is gone", 10)
    with test.case("Finch: STARTTLS, a certificate that it knows, and across MQTT both ways"):
        # Somebody is there, so that it does not ask its person about a new room.
        Child(["go-sendxmpp", "-u", "juliet@localhost", "-p", PASSWORD, "-j", f"localhost:{house.ports[0]}", "-a", "juliet", "-c",
               "-l", ROOM], test.path("juliet") / "heard.log", env={**os.environ, "SSL_CERT_FILE": str(house.ca)})
        eventually(lambda: (house.gateway.status() or {}).get("occupants") == 1, "juliet is in the room")
        person = Finch(test, Door(house), "romeo")
        eventually(lambda: (house.gateway.status() or {}).get("occupants") == 2, "it is in the room")
        person.login()
        converse(person, sub, broker)
