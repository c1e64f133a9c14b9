"""Bytes from hell: each stream gets its right error and its end, and nothing that it said gets anywhere.

Rows of the table of hostile input that are held here: stanza_before_auth, stanza_before_bind, password_guessing_one_connection,
sasl_garbage, sasl_authzid_other_user, stream_to_foreign_domain, dtd_billion_laughs, dtd_before_stream, restricted_xml,
deep_nesting_100k, oversize_stanza_10MiB, oversize_before_auth, wide_stanza, invalid_utf8, forbidden_characters, malformed_xml,
from_spoofing, bind_hostile_resource. (Passwords that are wrong need accounts: with an open login there are none.)
"""
import base64
import re
import time

from harness import Raw, Test, want, want_equal
from siege import STANZAS, STREAMS, Siege, iq, joined, line, logged_in, ping, pump, stanza_error, stream_error

SASL = "urn:ietf:params:xml:ns:xmpp-sasl"


def fresh(gateway):
    raw = Raw(gateway).open()
    raw.got = b""
    return raw


def authenticated(gateway, name="mallory"):
    """Logged in, and not bound yet."""
    raw = fresh(gateway)
    raw.send(auth("PLAIN", f"\0{name}\0any"))
    raw.until("<success")
    raw.open()
    raw.got = b""
    return raw


def auth(mechanism, message):
    return f"<auth xmlns='{SASL}' mechanism='{mechanism}'>{base64.b64encode(message.encode()).decode()}</auth>"


def talk(body):
    return b"<message to='ear@rooms.localhost' type='groupchat'><body>" + body + b"</body></message>"


def ends(gateway, data, *conditions):
    """What a session says that is in the room `ear` ends its stream."""
    raw = joined(logged_in(gateway), "ear", "Mallory")
    raw.got = b""
    raw.send(data)
    return stream_error(raw, *conditions)


# --- XML -------------------------------------------------------------------------------------------------------------

def hangs_in_mid_stanza(gateway):
    before = fresh(gateway)
    before.send(f"<auth xmlns='{SASL}' mecha")
    after = joined(logged_in(gateway), "ear", "Mallory")
    after.got = b""
    after.send("<message to='ear@rooms.localhost' type='groupch")
    before.socket.settimeout(15 * test.options.slow)
    text = stream_error(before, "connection-timeout", "policy-violation")
    want_equal(after.got, b"", "nothing is said of half a stanza")
    after.send("at'><body>whole</body></message>")
    after.until("whole")
    return text


def too_long(gateway, before_login):
    raw = fresh(gateway) if before_login else logged_in(gateway)
    raw.send("<auth x='" if before_login else "<message to='ear@rooms.localhost'><body>")
    limit = 16 * 1024 if before_login else 256 * 1024
    raw.send("a" * (limit + 4096))
    raw.until("policy-violation")
    sent = limit
    while sent < 10_000_000 and raw.send("a" * 65536):  # what still comes is thrown away, for a while
        sent += 65536
    raw.until_closed()


def nested(gateway, before_login):
    raw = fresh(gateway) if before_login else logged_in(gateway)
    raw.send("<message to='ear@rooms.localhost'>" + "<a>" * 100_000)
    stream_error(raw, "policy-violation")


def entities(gateway):
    bomb = "<!DOCTYPE lolz [<!ENTITY a 'lol'>" + "".join(
        f"<!ENTITY {new} '{f'&{old};' * 10}'>" for old, new in zip("abcdefgh", "bcdefghi")) + "]>"
    outside = "<!DOCTYPE x [<!ENTITY i SYSTEM 'file:///etc/passwd'>]>"
    for document in (bomb, outside, "<!DOCTYPE x SYSTEM 'http://127.0.0.1:1/x.dtd'>"):
        raw = Raw(gateway)
        raw.send("<?xml version='1.0'?>" + document + Raw.HEADER.format("&i;")[21:])
        text = stream_error(raw, "restricted-xml", "not-well-formed")
        text += ends(gateway, document + "<message><body>&i;</body></message>", "restricted-xml", "not-well-formed")
        want("lollol" not in text and "root:" not in text, f"no entity is expanded: {text}")


def restricted(gateway):
    for text in ("<!-- comment -->", "<?php evil ?>", "<message><body>&unknown;</body></message>",
                 "<message><!-- inside --></message>", "<message><body><?x y?></body></message>"):
        ends(gateway, text, "restricted-xml", "not-well-formed")


def invalid_utf8(gateway):
    for body in (b"\xff\xfe", b"\xc3", b"\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\xaf", b"\xf8\x88\x80\x80\x80"):
        ends(gateway, talk(body), "not-well-formed", "bad-format", "unsupported-encoding")
    for head in (b"\xff\xfe<\0?\0x\0", b"\xfe\xff\0<\0?", b"<?xml version='1.0' encoding='utf-7'?>" + Raw.HEADER[21:].encode()):
        raw = Raw(gateway)
        raw.send(head)
        stream_error(raw, "not-well-formed", "bad-format", "unsupported-encoding")


def forbidden_characters(gateway):
    for body in (b"\x00", b"\x01", b"&#0;", b"&#1;", b"\xef\xbf\xbe", b"&#xFFFE;", b"&#xD800;", b"&#x110000;"):
        ends(gateway, talk(body), "not-well-formed", "bad-format")


def not_xml(gateway):
    for text in ("GET / HTTP/1.1\r\n\r\n", "</stream>", "<a><b></a>", "<stream:stream>", "<a b='1' b='2'/>", "<x:y/>",
                 "\x16\x03\x01\x02\x00", "{}", "<stream:stream xmlns:stream='urn:x' xmlns='jabber:client'>"):
        raw = Raw(gateway)
        raw.send(text)
        stream_error(raw, "not-well-formed", "bad-format", "invalid-namespace", "bad-namespace-prefix", "invalid-xml")
    for text in ("</a>", "<message></presence>", "<a b='1' b='2'/>", "<x:y/>", "<message to=ear/>", "stray"):
        ends(gateway, text, "not-well-formed", "bad-format", "bad-namespace-prefix", "invalid-xml")


def wide(gateway):
    for text in ("<message to='ear@rooms.localhost' " + " ".join(f"a{n}=''" for n in range(50_000)) + "/>",
                 "<message to='ear@rooms.localhost'>" + "<a/>" * 60_000 + "</message>",
                 "<message to='ear@rooms.localhost'>" + "<a/>" * 100_000 + "</message>",
                 "<message to='ear@rooms.localhost' " + " ".join(f"xmlns:a{n}='u'" for n in range(15_000)) + "/>"):
        started = time.monotonic()
        ends(gateway, text, "policy-violation")
        want(time.monotonic() - started < 10 * test.options.slow, "an answer within 10 s")


# --- login -----------------------------------------------------------------------------------------------------------

def too_early(gateway):
    for stream in (fresh, authenticated):
        for stanza in (line("ear", "early"), "<presence to='ear@rooms.localhost/Early'/>", ping("early"),
                       iq("ear@rooms.localhost", "<query xmlns='http://jabber.org/protocol/disco#info'/>", "d", "get")):
            raw = stream(gateway)
            raw.send(stanza)
            while not re.search(f"<not-(authorized|allowed) xmlns='({STREAMS}|{STANZAS})'", raw.text()):
                want(raw.receive(), f"closed without a word: {raw.text()}")
    raw = fresh(gateway)
    raw.send(iq("localhost", "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>", "b"))
    stream_error(raw, "not-authorized")


def foreign_domain(gateway):
    for domain in ("example.org", "rooms.localhost.example.org", "localhost@x", "<script>".replace("<", "&lt;"), ""):
        raw = Raw(gateway)
        raw.send(Raw.HEADER.format(domain))
        stream_error(raw, "host-unknown", "improper-addressing")


def garbage_sasl(gateway):
    for mechanism, message, wanted in (
            ("EVIL", "AA==", "invalid-mechanism"), ("", "AA==", "invalid-mechanism"), ("PLAIN", "!!!!", "incorrect-encoding"),
            ("PLAIN", "AAAA", "malformed-request|not-authorized"), ("PLAIN", "AGEAYg==AGEAYg==", "incorrect-encoding"),
            ("PLAIN", "QQ" * 5_000, "malformed-request|not-authorized|incorrect-encoding"),
            ("PLAIN", "AP//AGE=", "malformed-request|not-authorized"),
            ("ANONYMOUS", "QUFB" * 1000, "malformed-request")):
        raw = fresh(gateway)
        raw.send(f"<auth xmlns='{SASL}' mechanism='{mechanism}'>{message}</auth>")
        raw.until("</failure>")
        want(re.search(wanted, raw.text()), f"{mechanism} {message[:20]}: want {wanted}, got {raw.text()!r}")
        raw.close()
    for step in (f"<response xmlns='{SASL}'>AA==</response>", f"<abort xmlns='{SASL}'/>", f"<success xmlns='{SASL}'/>"):
        raw = fresh(gateway)
        raw.send(step)
        want("<success" not in raw.until("</failure>"), "no success")


def somebody_else(gateway):
    for authzid in ("romeo@localhost", "romeo", "localhost", "mallory@example.org"):
        raw = fresh(gateway)
        raw.send(auth("PLAIN", f"{authzid}\0mallory\0any"))
        want(re.search("invalid-authzid|not-authorized", raw.until("</failure>")), raw.text())
    for name in ("", "a@b", "a/b", "\u0001", "a b", "x" * 2000, "<b>", "anon-1"):
        raw = fresh(gateway)
        raw.send(auth("PLAIN", f"\0{name}\0any"))
        want("<success" not in raw.until("</failure>"), f"no name: {name!r}")


def guessing(gateway):
    """No more than a few attempts on a stream [RFC 6120 §6.4.5]."""
    raw = fresh(gateway)
    raw.send(auth("PLAIN", "no") * 1000)
    text = raw.until_closed()
    want(1 < text.count("</failure>") <= 5 and "<success" not in text, f"{text.count('</failure>')} attempts: {text[-300:]}")


def anothers_from(gateway):
    for sender in ("romeo@localhost", "romeo@localhost/desk", "ear@rooms.localhost/Ear", "localhost", "not a jid@@", ""):
        text = ends(gateway, f"<message from='{sender}' to='ear@rooms.localhost' type='groupchat'><body>I am not</body></message>",
                    "invalid-from")
        want("I am not" not in text, "it is not said")


# --- binding ---------------------------------------------------------------------------------------------------------

def bind(resource):
    return f"<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>{resource}</resource></bind></iq>"


def hostile_resources(gateway):
    for resource in ("x" * 5000, "&#x7F;", "&#xE000;&#x202E;", "a&#xA;b"):
        raw = authenticated(gateway)
        raw.send(bind(resource))
        raw.until("</iq>")
        if "type='error'" in raw.text():
            stanza_error(raw, "b", "bad-request", "jid-malformed", "not-acceptable")
        else:
            got = re.search(r"<jid>mallory@localhost/([^<]{1,1023})</jid>", raw.text())
            want(got and got[1].isprintable(), f"{resource[:20]!r} becomes something that can be shown: {raw.text()[-300:]}")
    for resource in ("a/b", "&lt;b&gt;&amp;", "  spaces  ", "mallory@localhost"):
        raw = authenticated(gateway)
        raw.send(bind(resource))
        raw.until("</iq>")
        jid = re.search(r"<jid>(.*)</jid>", raw.text())
        want(jid and "<" not in jid[1], f"{resource!r} is bound, escaped: {raw.text()}")
        raw.got = b""
        raw.send(f"<message to='{jid[1].replace(chr(39), '&apos;')}' id='self'><body>to myself</body></message>")
        raw.until("to myself")
    ends(gateway, bind("a&#0;b"), "not-well-formed", "bad-format")


def one_resource(gateway):
    """Who binds it last has it; what is sent to it comes to one session [RFC 6120 §7.7.2.2]."""
    other = logged_in(gateway, "eve")
    sessions = [logged_in(gateway, "mallory", "desk") for _ in range(20)]
    for old in sessions[:-1]:
        stream_error(old, "conflict")
    other.send("<message to='mallory@localhost/desk' id='one'><body>for one</body></message>")
    want_equal(sessions[-1].until("</message>").count("for one"), 1, "it comes once")


CASES = (
    ("half a stanza, then silence: before login the stream ends, after it is waited for", hangs_in_mid_stanza),
    ("10 MB without an end, before login", lambda g: too_long(g, True)),
    ("10 MB without an end, after login", lambda g: too_long(g, False)),
    ("100 000 nested elements, before login", lambda g: nested(g, True)),
    ("100 000 nested elements, after login", lambda g: nested(g, False)),
    ("a billion laughs, and files as entities, before and in a stream", entities),
    ("comment, processing instruction, unknown entity [RFC 6120 §11.1]", restricted),
    ("invalid UTF-8, other encodings", invalid_utf8),
    ("characters that XML forbids", forbidden_characters),
    ("not XML at all, or broken", not_xml),
    ("50 000 attributes, 100 000 children, 15 000 namespaces", wide),
    ("stanzas before login, and before binding [RFC 6120 §4.9.3.12]", too_early),
    ("a stream to another domain", foreign_domain),
    ("garbage in SASL", garbage_sasl),
    ("somebody else's name in SASL, and names that are none", somebody_else),
    ("a thousand attempts on one stream", guessing),
    ("another's from [RFC 6120 §4.9.3.9]", anothers_from),
    ("resources of hostile characters", hostile_resources),
    ("twenty sessions, one resource", one_resource))

def over_and_over(gateway, work):
    """For half a second at least, so that lines are said meanwhile; the room hears nothing of it."""
    ear.got, until = b"", time.monotonic() + 0.5
    work(gateway)
    while time.monotonic() < until:
        work(gateway)
    heard = pump(ear, ping("end"), "id='end'")
    want(not set(re.findall(r"<body>(.*?)</body>", heard, re.S)) - {"whole"}, f"the room heard nothing: {heard[-500:]}")


with Test(limit=150) as test:
    siege = Siege(test, limits={"unauthenticated_time": 4})
    ear = joined(logged_in(siege.gateway, "listener"), "ear", "Ear")
    for name, work in CASES:
        siege.attack(name, over_and_over, work)
    with test.case("a clean end after it all"):
        want_equal(siege.gateway.stop(), 0, "exit code")
