"""Logins and resumptions that are broken, replayed or made up, over TLS, while two who are inside go on talking."""
import base64
import random
import re

from harness import Failure, Test, want, want_equal
from sasl_clients import gsasl
from secured import PASSWORD, SASL, House, Stream

CONDITIONS = ("aborted", "encryption-required", "incorrect-encoding", "invalid-authzid", "invalid-mechanism",
              "malformed-request", "mechanism-too-weak", "not-authorized", "temporary-auth-failure")
SM = "xmlns='urn:xmpp:sm:3'"


def enter(house, name, resource="x"):
    stream = Stream(house)
    want_equal(stream.log_in("PLAIN", gsasl("PLAIN", name=name)), "success", name)
    stream.bind(resource)
    return stream


class Pair:
    """Two who are in a room."""

    def __init__(self, house):
        self.streams, self.count = [enter(house, name, "pair") for name in ("romeo", "juliet")], 0
        for name, stream in zip(("romeo", "juliet"), self.streams):
            stream.send(f"<presence to='pair@rooms.localhost/{name}'><x xmlns='http://jabber.org/protocol/muc'/></presence>")
            stream.until(b"<subject")

    def talk(self):
        self.count += 1
        self.streams[0].send(f"<message type='groupchat' to='pair@rooms.localhost'><body>line {self.count}</body></message>")
        for stream in self.streams:
            heard = stream.until(f"<body>line {self.count}</body>".encode())
            want("type='unavailable'" not in heard, f"nobody left: {heard[-300:]}")


class Attack:
    """A stream that is opened anew whenever it was closed."""

    def __init__(self, house):
        self.house, self.stream, self.closed = house, None, 0

    def answers(self, text):
        """To this, or "" where it was closed for it."""
        self.stream = self.stream or Stream(self.house)
        try:
            self.stream.send(text)
            return self.stream.until(b"</challenge>", b"</failure>", b"</success>", b"</failed>", b"</stream:error>")
        except (Failure, OSError):
            self.closed += 1
            self.stream.close()
            self.stream = None
            return ""

    def refused(self, text):
        answer = self.answers(text)
        if "<failure" in answer:
            want(re.search("<failure [^>]*><([^/]*)/>", answer).group(1) in CONDITIONS, answer)
        want("<success" not in answer, f"{text} lets nobody in: {answer}")


def encoded(data):
    return base64.b64encode(data if isinstance(data, bytes) else data.encode()).decode()


def auth(mechanism, text):
    return f"<auth {SASL} mechanism='{mechanism}'>{text}</auth>"


def broken_messages(house):
    """Each of SASL's messages truncated, doubled, reordered, with wrong base64 and a foreign authzid."""
    attack, chance = Attack(house), random.Random(1)
    first = "n,,n=romeo,r=fyko+d2lbbFgONRv9qkxdawL"
    for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-1-PLUS", "PLAIN", "EXTERNAL", "ANONYMOUS", "X" * 2000, ""):
        for text in ("", "=", "====", "a", "aGk", "a b=", "\u00e4", encoded(b"\0" * 3), encoded(b"\xff" * 99), encoded("x" * 3000),
                     encoded(f"\0romeo\0{PASSWORD}x"), encoded(f"juliet@localhost\0romeo\0{PASSWORD}"), encoded("n,a=juliet@localhost,n=romeo,r=x"),
                     encoded(first + "," + first), encoded("p=tls-exporter,," + first[3:]), encoded("y,," + first[3:])):
            attack.refused(auth(mechanism, text))
            attack.refused(auth(mechanism, text) * 2)
        attack.refused(f"<response {SASL}>{encoded('c=biws')}</response>")
        attack.refused(f"<abort {SASL}/>")
    for cut in range(0, len(first), 3):
        attack.refused(auth("SCRAM-SHA-256", encoded(first[:cut])))
    client = gsasl("SCRAM-SHA-256", password="wrong")
    challenge = attack.answers(auth("SCRAM-SHA-256", encoded(client(b""))))
    while "<challenge" not in challenge:
        challenge = attack.answers(auth("SCRAM-SHA-256", encoded(client(b""))))
    final = bytearray(client(base64.b64decode(re.search(">([^<]*)</challenge>", challenge).group(1))))
    for _ in range(40):
        changed = bytearray(final)
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
        attack.answers(auth("SCRAM-SHA-256", encoded(first)))
        attack.refused(f"<response {SASL}>{encoded(bytes(changed))}</response>")
    want(attack.closed > 10, "who fails again and again is closed")


def replayed(house):
    """A whole exchange that was right once is worth nothing on another stream."""
    client, said = gsasl("SCRAM-SHA-256"), []

    def remember(challenge):
        said.append(client(challenge))
        return said[-1]
    want_equal(Stream(house).log_in("SCRAM-SHA-256", remember), "success", "at first")
    attack = Attack(house)
    want("<challenge" in attack.answers(auth("SCRAM-SHA-256", encoded(said[0]))), "the first message")
    want("<not-authorized/>" in attack.answers(f"<response {SASL}>{encoded(said[1])}</response>"), "its nonce is stale")


def certificates(house):
    """What our authority signed for nobody here."""
    for n, name in enumerate(("otherName:1.3.6.1.5.5.7.8.5;UTF8:romeo@elsewhere", "otherName:1.3.6.1.5.5.7.8.5;UTF8:localhost",
                              "otherName:1.3.6.1.5.5.7.8.5;UTF8:romeo@localhost/x", "otherName:1.3.6.1.5.5.7.8.5;UTF8:@localhost",
                              "otherName:1.3.6.1.5.5.7.8.5;UTF8:anon-1@localhost", "otherName:1.3.6.1.5.5.7.8.5;IA5:romeo@localhost",
                              "email:romeo@localhost", "DNS:romeo@localhost")):
        own = house.authority.issue(f"odd{n}", name)
        stream = Stream(house, certificate=own)
        want("EXTERNAL" not in stream.features, f"{name}: {stream.features}")
        want("<not-authorized/>" in stream.log_in("EXTERNAL", gsasl("EXTERNAL", authzid=b"romeo@localhost")), name)
        stream.close()


def resumptions(house):
    """Made-up ids, another's, a used one; and elements that nobody should send."""
    owner = enter(house, "romeo", "owner")
    owner.send(f"<enable {SM} resume='true'/>")
    id = re.search("id='([^']*)'", owner.until(b"/>")).group(1)
    thief = Stream(house)
    want_equal(thief.log_in("PLAIN", gsasl("PLAIN", name="juliet")), "success", "the thief has an account")
    thief.open()
    loop, number, secret = id.split(".")
    ids = [id, id[:-1], id + "0", f"9.{number}.{secret}", f"{loop}.{int(number, 16) + 1:x}.{secret}", "", "x" * 4000]
    ids += [f"{loop}.{number}.{random.randbytes(16).hex()}" for _ in range(1000)]
    for each in ids:
        thief.send(f"<resume {SM} h='0' previd='{each}'/>")
        want("<resumed" not in thief.until(b"</failed>"), f"{each} resumes nothing")
    want(thief.bind("thief", is_open=True).startswith("juliet@"), "it may bind still")
    for what in (f"<a {SM} h='99'/>", f"<a {SM}/>", f"<a {SM} h='-1'/>", f"<r {SM}/>", f"<enabled {SM}/>", f"<failed {SM}/>",
                 f"<enable {SM}/>" * 3, f"<resume {SM} h='0' previd='{id}'/>" * 3, f"<enable {SM} resume='maybe' max='-5'/>",
                 "<inactive xmlns='urn:xmpp:csi:0'/>" * 100, "<what xmlns='urn:xmpp:csi:0'/>"):
        stream = enter(house, "juliet", "garbage")
        stream.send(what)
        stream.send("<iq type='get' id='still' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>")
        want("<resumed" not in stream.until(b"id='still'", b"</stream:stream>"), what)
        stream.close()
    owner.send(f"<r {SM}/>")
    owner.until(b"<a xmlns='urn:xmpp:sm:3' h='0'/>")


with Test(limit=150) as test:
    house = House(test)
    pair = Pair(house)
    for name, attack in (("broken messages of every mechanism [RFC 6120 §6.5]", broken_messages), ("an exchange played again", replayed),
                         ("certificates for nobody here [XEP-0178]", certificates),
                         ("resumptions and acknowledgements of nothing [XEP-0198]", resumptions)):
        with test.case(name):
            pair.talk()
            attack(house)
            pair.talk()
            want(house.gateway.child.running(), "it runs")
