"""A gateway with TLS and accounts, and streams under TLS whose every byte the test says itself."""
import base64
import hashlib
import re
import socket

from OpenSSL import SSL, crypto

from certificates import Authority
from harness import PATIENCE, Failure, Gateway, run, want

PASSWORD = "a password, of =many= words"
HEADER = ("<stream:stream to='localhost' version='1.0' xmlns='jabber:client' "
          "xmlns:stream='http://etherx.jabber.org/streams'>")
SASL = "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'"
VERSIONS = {"1.2": SSL.TLS1_2_VERSION, "1.3": SSL.TLS1_3_VERSION}


class House:
    """Accounts, a certificate of an authority of its own, and both doors: STARTTLS, which is required, and direct TLS."""

    def __init__(self, test, *flags, accounts=("romeo", "juliet"), broker="memory:", **config):
        self.test, self.broker, self.state = test, broker, test.path("state")
        self.authority = Authority(test.path("authority"))
        self.ca = self.authority.certificate
        self.certificate, self.key = self.authority.issue("localhost")
        for name in accounts:
            self.account("add", name)
        self.gateway = Gateway(test, *flags, broker=broker, listen=False, state=self.state, config={
            "listen": ["xmpp://127.0.0.1:0", "xmpps://127.0.0.1:0"], "login": "accounts",
            "tls": {"certificate": str(self.certificate), "key": str(self.key), "client_ca": str(self.ca), "required": True},
            "rules": [{"room": "{name}", "topic": "{name}", "who": {"read": "*", "write": "*"}}], **config})
        self.ports = [int(url.rpartition(":")[2]) for url in self.gateway.status()["listen"]]

    def account(self, verb, *name, password=PASSWORD, code=0):
        got, out, errors = run([self.test.binary, "account", verb, *name, "--state", self.state],
                               password + "\n" if verb in ("add", "password") else None)
        want(got == code, f"account {verb} {name}: {got}: {out}{errors}")
        return out + errors


class Stream:
    """A stream under TLS; or before it, where `tls` is None."""

    def __init__(self, house, tls="1.3", direct=True, certificate=None, header=HEADER):
        self.header, self.unread = header, b""
        self.wire = socket.create_connection(("127.0.0.1", house.ports[direct]), PATIENCE)
        if not direct:
            self.clear_features = self.open()
            if tls is None:
                return
            self.send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
            self.until(b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
        self.shake_hands(house, tls, certificate)
        self.features = self.open()

    def shake_hands(self, house, tls, certificate=None):
        context = SSL.Context(SSL.TLS_CLIENT_METHOD)
        context.set_min_proto_version(VERSIONS[tls])
        context.set_max_proto_version(VERSIONS[tls])
        context.load_verify_locations(str(house.ca))
        context.set_verify(SSL.VERIFY_PEER, lambda *found: bool(found[4]))
        if certificate:
            context.use_certificate_file(str(certificate[0]))
            context.use_privatekey_file(str(certificate[1]))
        self.wire.settimeout(None)  # pyOpenSSL's sockets block, or are not waited for
        self.wire = SSL.Connection(context, self.wire)
        self.wire.set_tlsext_host_name(b"localhost")
        self.wire.set_connect_state()
        self.wire.do_handshake()
        self.unread = b""

    def bindings(self):
        """The channel's bindings, by an implementation that is not the gateway's."""
        certificate = crypto.dump_certificate(crypto.FILETYPE_ASN1, self.wire.get_peer_certificate())
        return {"tls-exporter": self.wire.export_keying_material(b"EXPORTER-Channel-Binding", 32, b""),
                "tls-unique": self.wire.get_finished(), "tls-server-end-point": hashlib.sha256(certificate).digest()}

    def open(self):
        self.send(self.header)
        return self.until(b"</stream:features>")

    def send(self, text):
        self.wire.sendall(text if isinstance(text, bytes) else text.encode())

    def until(self, *ends):
        """What it says up to the first of these."""
        while True:
            found = [self.unread.find(end) + len(end) for end in ends if end in self.unread]
            if found:
                text, self.unread = self.unread[:min(found)], self.unread[min(found):]
                return text.decode()
            try:
                more = self.wire.recv(65536)
            except (SSL.Error, OSError) as error:
                raise Failure(f"closed ({error!r}) before {ends}: {self.unread.decode(errors='replace')[-300:]}") from None
            if not more:
                raise Failure(f"closed before {ends}: {self.unread.decode(errors='replace')[-300:]}")
            self.unread += more

    def answer(self):
        return self.until(b"</challenge>", b"</failure>", b"</success>", b"xmpp-sasl'/>")

    def log_in(self, mechanism, client):
        """By a client that makes a response of each challenge: "success", or the refusal."""
        first = base64.b64encode(client(b"")).decode() or "="
        self.send(f"<auth {SASL} mechanism='{mechanism}'>{first}</auth>")
        while True:
            said = self.answer()
            if challenge := re.match("<challenge[^>]*>([^<]*)</challenge>", said):
                response = base64.b64encode(client(base64.b64decode(challenge.group(1)))).decode()
                self.send(f"<response {SASL}>{response}</response>")
            elif success := re.match("<success[^>]*?(?:/>|>([^<]*)</success>)", said):
                if success.group(1):
                    client(base64.b64decode(success.group(1)))  # it judges the server's signature
                return "success"
            else:
                return said

    def bind(self, resource="x", is_open=False):
        if not is_open:
            self.open()
        self.send(f"<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>{resource}</resource></bind></iq>")
        return re.search("<jid>([^<]*)</jid>", self.until(b"</iq>")).group(1)

    def close(self):
        try:
            self.wire.close()
        except SSL.Error:
            pass
