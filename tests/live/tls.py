"""TLS at both doors, by the openssl command: what is spoken, what is refused, and certificates that change."""
import base64
import os
import re
import signal
import subprocess
import time

from harness import Test, eventually, run, want, want_equal
from secured import HEADER, PASSWORD, SASL, House, Stream

STARTTLS = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"


def s_client(house, *words, direct=True):
    """What openssl's client prints of a stream, up to the features or its own end."""
    flags = ["-connect", f"127.0.0.1:{house.ports[direct]}", "-CAfile", str(house.ca), "-verify_hostname", "localhost",
             "-verify_return_error", *(() if direct else ("-starttls", "xmpp", "-xmpphost", "localhost")), *words]
    child = subprocess.Popen(["openssl", "s_client", *flags], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        child.stdin.write(HEADER.encode())
        child.stdin.flush()
        os.set_blocking(child.stdout.fileno(), False)
        out = bytearray()
        eventually(lambda: out.extend(child.stdout.read() or b"") or b"</stream:features>" in out or child.poll() is not None,
                   f"openssl s_client {words}")
        return (out + (child.stdout.read() or b"")).decode(errors="replace")
    finally:
        child.kill()
        child.wait()


def spoken(house):
    for direct in (True, False):
        for words, what in ((("-tls1_3",), "TLSv1.3"), (("-tls1_2",), "TLSv1.2"), (("-alpn", "xmpp-client"), "xmpp-client"),
                            (("-servername", "localhost"), "CN = localhost"), (("-servername", "elsewhere.example"), "CN = localhost")):
            out = s_client(house, *words, direct=direct)
            want(what in out and "</stream:features>" in out and "Verify return code: 0 (ok)" in out, f"{direct} {words}: {out[-1500:]}")
        for words in (("-tls1_1", "-cipher", "ALL:@SECLEVEL=0"), ("-tls1_2", "-cipher", "AES128-SHA"), ("-alpn", "http/1.1")):
            out = s_client(house, *words, direct=direct)
            want("</stream:features>" not in out and ("alert" in out or "error" in out), f"{direct} {words}: {out[-1500:]}")


def injected(house):
    """What is sent with <starttls/> is forgotten: it is nobody's word under TLS [RFC 6120 §5.4.3.3]."""
    for behind in ("<iq type='get' id='injected'><query xmlns='jabber:iq:roster'/></iq>",
                   f"<auth {SASL} mechanism='PLAIN'>AHJvbWVvAHg=</auth>", HEADER, "</stream:stream>", "garbage <", " \n"):
        stream = Stream(house, tls=None, direct=False)
        stream.send(STARTTLS + behind)
        stream.until(b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
        stream.shake_hands(house, "1.3")
        features = stream.open()
        want("injected" not in features and "failure" not in features and features.count("<stream:features>") == 1, features)
        want(features.startswith("<?xml"), "nothing before the header")


def plain_after_tls(house):
    stream = Stream(house, tls=None, direct=False)
    stream.send(STARTTLS)
    stream.until(b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
    stream.send(HEADER * 3)
    answer = b""
    try:
        while more := stream.wire.recv(4096):
            answer += more
    except ConnectionResetError:
        pass  # what it said was left unread
    want(b"<stream" not in answer, f"no XML in the clear: {answer}")


def renegotiation(house):
    """TLS 1.2's: refused, and nobody else notices."""
    neighbour = Stream(house)
    child = subprocess.Popen(["openssl", "s_client", "-tls1_2", "-connect", f"127.0.0.1:{house.ports[1]}", "-quiet", "-no_ign_eof"],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        child.stdin.write(b"R\n" * 5)
        child.stdin.flush()
        time.sleep(0.5)
        neighbour.send(f"<auth {SASL} mechanism='ANONYMOUS'/>")
        want("<invalid-mechanism/>" in neighbour.answer(), "a neighbour is answered")
    finally:
        child.kill()
        child.wait()


def after_the_end(house):
    stream = Stream(house)
    stream.send(f"</stream:stream><auth {SASL} mechanism='PLAIN'>AHg=</auth>" + HEADER)
    want("failure" not in stream.until(b"</stream:stream>"), "nothing is read behind the end")


def reload(house):
    """A session lives through SIGHUP; who comes after it sees the new certificate; a broken one changes nothing."""
    def seen():
        stream = Stream(house)
        stream.close()
        return stream.bindings()["tls-server-end-point"]
    romeo = Stream(house)
    romeo.send(f"<auth {SASL} mechanism='PLAIN'>" + base64.b64encode(f"\0romeo\0{PASSWORD}".encode()).decode() + "</auth>")
    want("<success" in romeo.answer(), "logged in")
    want_equal(romeo.bind("phone"), "romeo@localhost/phone", "bound")
    before = seen()
    house.authority.issue("localhost")  # the same files anew
    house.gateway.child.signal(signal.SIGHUP)
    eventually(lambda: seen() != before, "a new handshake has the new certificate")
    want("reloaded" in house.gateway.log(), "the log says so")
    new = seen()
    whole = house.certificate.read_bytes()
    house.certificate.write_text("no certificate")
    house.gateway.child.signal(signal.SIGHUP)
    eventually(lambda: str(house.certificate) in house.gateway.log(), "the log says what is wrong")
    want_equal(seen(), new, "the certificate that it had")
    house.certificate.write_bytes(whole)
    romeo.send("<iq type='get' id='p' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>")
    want("type='result' id='p'" in romeo.until(b"/>"), "the session is as it was")


def opened_to_all(test):
    """A listener that others can reach wants a certificate, and the line that it says makes one."""
    state = test.path("public")
    words = [test.binary, "run", "--state", state, "--listen", "xmpp://0.0.0.0:0", "--login", "accounts", "--domain",
             "chat.example.org", "--broker", "memory:"]
    code, _, errors = run(words)
    want_equal(code, 78, f"its exit code: {errors}")
    line = re.search(r"openssl req [^\n]*?tls\.crt", errors)
    want(line, f"it says how a certificate is made: {errors}")
    code, out, errors = run(["bash", "-c", f"cd {state} && {line.group(0)}"])
    want(code == 0, f"{line.group(0)}: {errors}")
    code, out, errors = run([test.binary, "check", "--state", state, "--listen", "xmpp://0.0.0.0:0", "--login", "accounts", "--domain",
                             "chat.example.org", "--broker", "memory:", "--tls-certificate", str(state / "tls.crt"), "--tls-key",
                             str(state / "tls.key"), "--rule", "{name}={name}", "--allow-open-login"])
    want(code == 0, f"check: {out}{errors}")
    want("domain" not in errors, f"the certificate is for the domain: {errors}")
    _, out, errors = run([test.binary, "check", "--state", state, "--domain", "other.example.org", "--broker", "memory:",
                          "--tls-certificate", str(state / "tls.crt"), "--tls-key", str(state / "tls.key")])
    want("not for the domain other.example.org" in errors, f"a certificate of another domain: {out}{errors}")


with Test(limit=110) as test:
    house = House(test)
    with test.case("TLS 1.2 and 1.3 at both doors, ALPN, any name; nothing older, no other protocol [RFC 7590, XEP-0368]"):
        spoken(house)
    with test.case("what comes with <starttls/> is forgotten [RFC 6120 §5.4.3.3]"):
        injected(house)
    with test.case("what is not encrypted after <proceed/> ends that connection"):
        plain_after_tls(house)
    with test.case("renegotiation is refused"):
        renegotiation(house)
    with test.case("what comes behind </stream:stream> is not read"):
        after_the_end(house)
    with test.case("SIGHUP: a new certificate for who comes, and nobody is put out"):
        reload(house)
    with test.case("a public listener without a certificate says how to make one"):
        opened_to_all(test)
