"""Handshakes that are halves, damaged, or no handshakes, by the hundred, while the certificate is read again and again:
whoever means it is served at once, and goes on."""
import base64
import random
import signal
import socket
import ssl
import threading
import time

from certificates import Authority
from harness import Gateway, Test, want, want_equal

HEADER = (b"<stream:stream to='localhost' version='1.0' xmlns='jabber:client' "
          b"xmlns:stream='http://etherx.jabber.org/streams'>")
STARTTLS = HEADER + b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
HALVES, LOGINS = 500, 50


class House:
    def __init__(self, test):
        authority = Authority(test.path("authority"))
        certificate, key = authority.issue("localhost")
        self.gateway = Gateway(test, listen=False, config={
            "listen": ["xmpp://127.0.0.1:0", "xmpps://127.0.0.1:0"], "brokers": {"main": {"url": "memory:"}},
            "tls": {"certificate": str(certificate), "key": str(key)}, "rules": [{"room": "{name}", "topic": "{name}"}]})
        self.ports = [int(url.rpartition(":")[2]) for url in self.gateway.status()["listen"]]
        self.context = ssl.create_default_context(cafile=authority.certificate)

    def connect(self, port):
        return socket.create_connection(("127.0.0.1", port), timeout=10)

    def hello(self):
        """What a client says first."""
        heard, said = ssl.MemoryBIO(), ssl.MemoryBIO()
        try:
            self.context.wrap_bio(heard, said, server_hostname="localhost").do_handshake()
        except ssl.SSLWantReadError:
            return bytearray(said.read())

    def login(self, name):
        """A session by direct TLS, and how long it took."""
        start = time.monotonic()
        connection = self.context.wrap_socket(self.connect(self.ports[1]), server_hostname="localhost")
        words = base64.b64encode(f"\0{name}\0x".encode())
        connection.sendall(HEADER + b"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>" + words + b"</auth>")
        hear(connection, b"<success")
        connection.sendall(HEADER + b"<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>")
        hear(connection, b"</jid>")
        return connection, time.monotonic() - start

    def disturb(self, chance):
        connection, hello = self.connect(chance.choice(self.ports)), self.hello()
        for _ in range(chance.randrange(3)):
            hello[chance.randrange(len(hello))] ^= 1 << chance.randrange(8)
        try:
            connection.sendall((STARTTLS if chance.random() < 0.5 else b"")
                               + (hello if chance.random() < 0.7 else chance.randbytes(300)))
            connection.settimeout(0.02)
            connection.recv(4096)
            connection.sendall(chance.randbytes(200))
            connection.recv(100)
        except OSError:
            pass
        connection.close()


def hear(connection, what):
    heard = b""
    while what not in heard:
        more = connection.recv(65536)
        want(more, f"want {what}, got {heard} and the end")
        heard += more


def is_alive(connection):
    connection.sendall(b"<iq type='get' id='alive' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>")
    hear(connection, b"id='alive'")


def halves(test):
    house, chance = House(test), random.Random(1)
    silent = [house.connect(house.ports[1]) for _ in range(HALVES)]
    for connection in silent:
        hello = house.hello()
        connection.sendall(hello[:chance.randrange(1, len(hello))])
    connection, took = house.login("romeo")
    want(took < 5, f"a login beside {HALVES} half handshakes took {took:.2f} s")
    is_alive(connection)


def storm(test):
    house, over, sessions = House(test), threading.Event(), []

    def disturb(seed):
        chance = random.Random(seed)
        while not over.is_set():
            house.disturb(chance)

    def reload():
        while not over.wait(0.05):
            house.gateway.child.signal(signal.SIGHUP)

    threads = [threading.Thread(target=disturb, args=(seed,)) for seed in range(4)] + [threading.Thread(target=reload)]
    for thread in threads:
        thread.start()
    try:
        for number in range(LOGINS):
            connection, took = house.login(f"user{number}")
            want(took < 5, f"a login in the storm took {took:.2f} s")
            sessions.append(connection)
    finally:
        over.set()
        for thread in threads:
            thread.join()
    for connection in sessions:
        is_alive(connection)
    want_equal(house.gateway.stop(), 0, "exit code")


with Test(limit=100) as test:
    with test.case(f"{HALVES} half handshakes cost nobody else"):
        halves(test)
    with test.case("damaged handshakes and a certificate that is read again and again end nobody's session"):
        storm(test)
