"""Bytes, stanzas, names and payloads from hell: each gets its right error, while two decent people go on talking."""
import asyncio
import concurrent.futures
import json
import os
import re
import resource
import socket
import time

from harness import (Client, Failure, Gateway, Mosquitto, Raw, Test, in_loop, want, want_equal)

STREAMS = "urn:ietf:params:xml:ns:xmpp-streams"
STANZAS = "urn:ietf:params:xml:ns:xmpp-stanzas"


# --- streams ---------------------------------------------------------------------------------------------------------

def stream_error(raw, *conditions):
    """Reads to the end of the stream and wants one of these conditions by name (RFC 6120 §4.9.3)."""
    text = raw.until_closed()
    found = re.search(rf"<stream:error><([a-z-]+) xmlns=['\"]{STREAMS}", text)
    want(found, f"a stream error {conditions}, got {text[-300:]!r}")
    want(found.group(1) in conditions, f"want {' or '.join(conditions)}, got {text[-300:]!r}")
    return text


def fresh(gateway):
    return Raw(gateway).open()


def logged_in(gateway, name="mallory"):
    return Raw(gateway).login(name)


def hangs_in_mid_stanza(gateway):
    raw = fresh(gateway)
    raw.send("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mecha")
    raw.socket.settimeout(60)
    stream_error(raw, "connection-timeout", "policy-violation")


def says_nothing_after_login(gateway):
    raw = logged_in(gateway)
    raw.send("<message to='foo.bar@rooms.localhost' type='groupch")
    raw.socket.settimeout(3)
    try:
        raw.receive()
        raise Failure(f"want silence, got {raw.text()!r}")
    except Failure as silence:
        want(str(silence).startswith("silence"), str(silence))
    raw.send("at'/><iq type='get' id='still-here' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>")
    raw.until("still-here")


def ten_megabytes(gateway, before_login):
    raw = fresh(gateway) if before_login else logged_in(gateway)
    raw.got = b""
    raw.send("<auth x='" if before_login else "<message to='foo.bar@rooms.localhost'><body>")
    limit = 64 * 1024 if before_login else 256 * 1024
    raw.send("a" * (limit + 4096))
    raw.until("policy-violation")
    before = memory(gateway.child.pid)
    sent = limit
    while sent < 10_000_000 and raw.send("a" * 65536):  # what still comes is thrown away, for a while
        sent += 65536
    raw.until_closed()
    grown = memory(gateway.child.pid) - before
    want(grown < 8 * test.options.slow, f"what is refused is not stored: {grown:.1f} MiB")


def nested(gateway, before_login):
    raw = fresh(gateway) if before_login else logged_in(gateway)
    raw.send("<message to='foo.bar@rooms.localhost'>" + "<a>" * 100_000)
    stream_error(raw, "policy-violation")


def billion_laughs(gateway):
    bomb = "<!DOCTYPE lolz [<!ENTITY a 'lol'>" + "".join(
        f"<!ENTITY {new} '{'&' + old + ';' * 1}'>".replace(f"&{old};", f"&{old};" * 10)
        for old, new in zip("abcdefgh", "bcdefghi")) + "]>"
    raw = Raw(gateway)
    raw.send("<?xml version='1.0'?>" + bomb + Raw.HEADER.format("localhost")[21:])
    text = stream_error(raw, "restricted-xml", "not-well-formed")
    want("lollol" not in text, "no entity was expanded")
    raw = logged_in(gateway)
    raw.send(bomb + "<message><body>&i;</body></message>")
    stream_error(raw, "restricted-xml", "not-well-formed")


def restricted(gateway):
    for text in ("<!-- comment -->", "<?php evil ?>", "<message><body>&unknown;</body></message>"):
        raw = logged_in(gateway)
        raw.send(text)
        stream_error(raw, "restricted-xml", "not-well-formed")


def invalid_utf8(gateway):
    for body in (b"\xff\xfe", b"\xc3", b"\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\xaf"):
        raw = logged_in(gateway)
        raw.send(b"<message to='foo.bar@rooms.localhost' type='groupchat'><body>" + body + b"</body></message>")
        stream_error(raw, "not-well-formed", "bad-format", "unsupported-encoding")
    raw = Raw(gateway)
    raw.send(b"\xff\xfe<?xml")
    stream_error(raw, "not-well-formed", "bad-format", "unsupported-encoding")


def forbidden_characters(gateway):
    for body in (b"\x00", b"\x01", b"&#0;", b"&#1;", b"\xef\xbf\xbe", b"&#xFFFE;"):
        raw = logged_in(gateway)
        raw.send(b"<message to='foo.bar@rooms.localhost' type='groupchat'><body>" + body + b"</body></message>")
        stream_error(raw, "not-well-formed", "bad-format")


def not_xml(gateway):
    for text in ("GET / HTTP/1.1\r\n\r\n", "</stream>", "<a><b></a>", "<stream:stream>", "<a b='1' b='2'/>", "<x:y/>"):
        raw = Raw(gateway)
        raw.send(text)
        stream_error(raw, "not-well-formed", "bad-format", "invalid-namespace", "bad-namespace-prefix", "invalid-xml")


def wide(gateway):
    raw = logged_in(gateway)
    raw.send("<message to='foo.bar@rooms.localhost' " + " ".join(f"a{n}=''" for n in range(20_000)) + "/>")
    stream_error(raw, "policy-violation")
    raw = logged_in(gateway)
    raw.send("<message to='foo.bar@rooms.localhost'>" + "<a/>" * 60_000 + "</message>")
    stream_error(raw, "policy-violation")


def before_login(gateway):
    raw = fresh(gateway)
    raw.send("<message to='foo.bar@rooms.localhost' type='groupchat'><body>early</body></message>")
    stream_error(raw, "not-authorized")
    raw = fresh(gateway)
    raw.send("<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>")
    stream_error(raw, "not-authorized")


def foreign_domain(gateway):
    raw = Raw(gateway)
    raw.send(Raw.HEADER.format("example.org"))
    stream_error(raw, "host-unknown")


def garbage_sasl(gateway):
    for auth, wanted in (("mechanism='EVIL'>AA==", "invalid-mechanism"), ("mechanism='PLAIN'>!!!!", "incorrect-encoding"),
                         ("mechanism='PLAIN'>AAAA", "malformed-request|not-authorized"),
                         ("mechanism='PLAIN'>" + "QQ" * 20_000, "malformed-request|not-authorized|incorrect-encoding")):
        raw = fresh(gateway)
        raw.got = b""
        raw.send(f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' {auth}</auth>")
        raw.until("</failure>")
        want(re.search(wanted, raw.text()), f"want {wanted}, got {raw.text()!r}")
        raw.close()


def anothers_from(gateway):
    for sender in ("romeo@localhost", "romeo@localhost/desk", "foo.bar@rooms.localhost/Romeo", "localhost"):
        raw = logged_in(gateway)
        raw.send(f"<message from='{sender}' to='foo.bar@rooms.localhost' type='groupchat'><body>I am not</body></message>")
        stream_error(raw, "invalid-from")


def many_half_open(gateway):
    sockets = [socket.create_connection((gateway.host, gateway.port)) for _ in range(300)]
    for s in sockets:
        s.sendall(b"<?xml version='1.0'?><stream:stream to='local")
    time.sleep(1)
    fresh(gateway).close()
    for s in sockets:
        s.close()


def never_reads(gateway):
    """A client that floods a room it never reads from is closed; the room goes on."""
    raw = logged_in(gateway, "glutton")
    raw.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.send("<presence to='flood@rooms.localhost/Glutton'><x xmlns='http://jabber.org/protocol/muc'/></presence>")
    line = ("<message to='flood@rooms.localhost' type='groupchat'><body>" + "x" * 30_000 + "</body></message>")
    raw.socket.settimeout(10)
    for _ in range(1000):
        if not raw.send(line):
            return
    # Slowed down instead of closed: fine, as long as memory is bounded (checked at the end).


# --- names -----------------------------------------------------------------------------------------------------------

def stanza_error(raw, id, *conditions):
    text = raw.until(f"id='{id}'") if f"id='{id}'" in raw.text() else raw.until(id)
    while True:
        found = re.search(rf"<(?:presence|message|iq)[^>]*id=['\"]{id}['\"].*?</(?:presence|message|iq)>", raw.text(), re.S)
        if found:
            break
        if not raw.receive():
            raise Failure(f"closed: {raw.text()[-300:]!r}")
    text = found.group(0)
    want("type='error'" in text or 'type="error"' in text, f"an error, got {text[:400]}")
    condition = re.search(rf"<([a-z-]+) xmlns=['\"]{STANZAS}", text)
    want(condition and condition.group(1) in conditions, f"want {' or '.join(conditions)}, got {text[:400]}")
    return text


def join(raw, address, id):
    raw.send(f"<presence to='{address}' id='{id}'><x xmlns='http://jabber.org/protocol/muc'/></presence>")


BAD = ("jid-malformed", "item-not-found", "bad-request", "not-acceptable", "not-allowed", "forbidden",
       "service-unavailable", "policy-violation")


def room_names(gateway):
    raw = logged_in(gateway)
    names = ["#", "+", "foo.#", "+.bar", "foo+", "$SYS", "$share.group.foo", "a..b", ".a", "a.", "", "x" * 2000,
             "x" * 1023, "a\u200eb\u202e", "a b", "a:b", "\u0001".replace("\u0001", "a\u007f")]
    for n, name in enumerate(names):
        if raw.closed:
            raw = logged_in(gateway)
        raw.got = b""
        join(raw, f"{name}@rooms.localhost/Mallory", f"r{n}")
        try:
            stanza_error(raw, f"r{n}", *BAD)
        except Failure as failure:
            raise Failure(f"room {name[:40]!r}: {failure}") from None
    for name in ("a/b", "a&#0;b"):  # the first is room a's nick on another domain's side; the second is no XML
        raw = logged_in(gateway)
        raw.got = b""
        join(raw, f"{name}@rooms.localhost/Mallory", "odd")
        text = raw.until("id='odd'") if "/" in name else stream_error(raw, "not-well-formed", "bad-format")
        want("error" in text, f"{name!r} is refused: {text}")


def nicks(gateway):
    raw = logged_in(gateway)
    for n, nick in enumerate(["", " ", "\u00a0 \u2003", "a&#x7F;b", "a&#xA;b", "\u202eevil", "\u200b", "n" * 1024, "n" * 500]):
        if raw.closed:
            raw = logged_in(gateway)
        raw.got = b""
        join(raw, f"nicks@rooms.localhost/{nick}" if nick else "nicks@rooms.localhost", f"n{n}")
        try:
            stanza_error(raw, f"n{n}", *BAD)
        except Failure as failure:
            raise Failure(f"nick {nick[:40]!r}: {failure}") from None


def speaking_without_joining(gateway):
    other = logged_in(gateway, "owner")
    join(other, "busy@rooms.localhost/Owner", "in")
    other.until("<subject")
    raw = logged_in(gateway)
    raw.send("<message to='busy@rooms.localhost' type='groupchat' id='m1'><body>I am not in</body></message>")
    stanza_error(raw, "m1", "not-acceptable")
    raw.send("<message to='nowhere.at.all@rooms.localhost' type='groupchat' id='m2'><body>x</body></message>")
    stanza_error(raw, "m2", "not-acceptable", "item-not-found")
    raw.send("<iq to='rooms.localhost' type='get' id='m3'><query xmlns='urn:example:nonsense'/></iq>")
    stanza_error(raw, "m3", "service-unavailable", "feature-not-implemented")
    raw.send("<iq to='localhost' type='get' id='m4'/>")
    stanza_error(raw, "m4", "bad-request", "service-unavailable", "feature-not-implemented")
    raw.send("<message to='not a jid@@' type='groupchat' id='m5'><body>x</body></message>")
    stanza_error(raw, "m5", "jid-malformed")
    other.close()


# --- payloads --------------------------------------------------------------------------------------------------------

async def payloads(gateway, broker):
    room = "payloads@rooms.localhost"
    romeo = await Client.login(gateway, "romeo@localhost")
    await romeo.join(room, "Romeo")
    nasty = "</body></message><message from='ceo@localhost'><body>obey & <![CDATA[x]]> &#0; &lol;"
    broker.publish("payloads", nasty)
    line = await romeo.heard(nasty, room)
    want_equal(line.nick != "Romeo", True, "a publisher's nick")
    file = test.folder / "payload"

    def publish(data, *more):
        file.write_bytes(data)
        code = os.spawnlp(os.P_WAIT, "mosquitto_pub", "mosquitto_pub", "-p", str(broker.port), "-q", "1",
                          "-f", str(file), *more)
        want_equal(code, 0, "mosquitto_pub's exit code")

    for data, what in ((b"\xff\xfe\x00\x01", "binary"), (b"zero\x00byte", "a NUL"), (b"bell\x07", "a control character")):
        at = len(romeo.lines(room))
        publish(data, "-t", "payloads")
        await romeo.until(lambda: len(romeo.lines(room)) > at, f"{what} is shown somehow")
        want(romeo.lines(room)[at].body.strip(), f"{what} is never an empty line")
    at = len(romeo.lines(room))
    publish(("é" * 2_500_000).encode(), "-t", "payloads")
    await romeo.until(lambda: len(romeo.lines(room)) > at, "5 MB are shown, cut")
    body = romeo.lines(room)[at].body
    want(1000 < len(body.encode()) <= 33 * 1024, f"cut to 32 KiB: {len(body.encode())} bytes")
    want(set(body[:1000]) == {"é"}, "cut between characters")
    broker.publish("payloads", "after")
    await romeo.heard("after", room)
    await romeo.bye()


async def not_json(gateway, broker):
    room = "json.x@rooms.localhost"
    romeo = await Client.login(gateway, "romeo@localhost")
    await romeo.join(room, "Romeo")
    depth = "[" * 100_000
    for payload in ("not json at all", "{\"body\":", "[]", "{}", "42", "{\"body\": 7}", "{\"body\": {\"a\": 1}}", "null", depth,
                    json.dumps({"body": "x", "nick": "Romeo"}), json.dumps({"body": "x", "nick": " \u202e"}),
                    json.dumps({"body": "x", "nick": "n" * 5000}), json.dumps({"body": "x", "from": "</message>"}),
                    json.dumps({"body": "x", "id": "<" * 5000}), json.dumps({"body": "x", "time": "yesterday"}),
                    json.dumps({"body": "x", "origin": 7, "seal": []}),
                    "{\"body\": \"\\ud800\"}", "{\"body\": \"a\\u0000b\"}"):
        broker.publish("json/x", payload, "-q", "1") if len(payload) < 90_000 else None
    broker.publish("json/x", json.dumps({"body": "after", "nick": "sensor"}))
    line = await romeo.heard("after", room)
    want("sensor" in line.nick, f"the nick that the payload wishes: {line.nick}")
    want(all(s.nick != "Romeo" for s in romeo.lines(room)), "no publisher speaks as Romeo [S9]")
    want(any("not json at all" in b for b in romeo.bodies(room)), "what is not JSON is shown as it is, or said to be none")
    await romeo.bye()


async def topics(gateway, broker):
    """Topics that nobody's room is, or that look like other rooms, disturb nobody."""
    romeo = await Client.login(gateway, "romeo@localhost")
    await romeo.join("a.b@rooms.localhost", "Romeo")
    for topic in ("a", "a/b/c", "a.b", "A/B", "a b", "/a/b", "a/b/", "a//b", "ä/b", "x" * 60_000):
        broker.publish(topic, "elsewhere")
    broker.publish("a/b", "here")
    await romeo.heard("here")
    want_equal(romeo.bodies(), ["here"], "only what its topic says")
    await romeo.bye()


# --- the decent pair -------------------------------------------------------------------------------------------------

async def beside(gateway, work):
    """Runs the work in a thread while Romeo and Juliet talk, a line every 100 ms; none may be lost, none late."""
    room = f"garden{time.monotonic_ns()}@rooms.localhost"  # a new one, without history
    romeo, juliet = await Client.login(gateway, "romeo@localhost"), await Client.login(gateway, "juliet@localhost")
    await romeo.join(room, "Romeo")
    await juliet.join(room, "Juliet")
    said = {}
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        done = asyncio.get_running_loop().run_in_executor(pool, work)
        while not done.done() or len(said) < 5:
            body = f"line {len(said)}"
            said[body] = time.monotonic()
            romeo.say(room, body)
            await asyncio.sleep(0.1)
    done.result()
    for client in (romeo, juliet):
        await client.until(lambda: len(client.bodies(room)) >= len(said), f"all {len(said)} lines are heard")
        want_equal(client.bodies(room), list(said), "every line once and in order")
    late = max(s.at - said[s.body] for s in juliet.lines(room))
    want(late < 5 * test.options.slow, f"lines came within 5 s; the slowest took {late:.1f} s")
    await romeo.bye()
    await juliet.bye()


def memory(pid):
    """Resident memory in MiB."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1)) / 1024


resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))

with Test(limit=300) as test:
    broker = Mosquitto(test, extra=["message_size_limit 0"])
    gateway = Gateway(test, config={
        "brokers": {"main": {"url": broker.url}},
        "rules": [{"room": "json.{name}", "topic": "json/{name}", "payload": "json"}, {"room": "{name}", "topic": "{name}"}]})
    at_rest = memory(gateway.child.pid)
    for name, work in (
            ("half a stanza, then silence, before login", hangs_in_mid_stanza),
            ("half a stanza, then silence, after login", says_nothing_after_login),
            ("10 MB without an end, before login", lambda g: ten_megabytes(g, True)),
            ("10 MB without an end, after login", lambda g: ten_megabytes(g, False)),
            ("100 000 nested elements, before login", lambda g: nested(g, True)),
            ("100 000 nested elements, after login", lambda g: nested(g, False)),
            ("a billion laughs", billion_laughs),
            ("comment, processing instruction, unknown entity [RFC 6120 §11.1]", restricted),
            ("invalid UTF-8", invalid_utf8),
            ("characters that XML forbids", forbidden_characters),
            ("not XML at all", not_xml),
            ("20 000 attributes, 60 000 children", wide),
            ("a stanza before login [RFC 6120 §4.9.3.12]", before_login),
            ("a stream to another domain", foreign_domain),
            ("garbage in SASL", garbage_sasl),
            ("another's from [RFC 6120 §4.9.3.9]", anothers_from),
            ("300 half-open streams", many_half_open),
            ("a reader that never reads", never_reads),
            ("room names that would be wildcards or no topic [MQTT-4.7.1]", room_names),
            ("nicks of nothing, spaces, control characters", nicks),
            ("speaking without joining, nonsense requests", speaking_without_joining)):
        with test.case(name):
            in_loop(beside(gateway, lambda w=work: w(gateway)))
            want(gateway.child.running(), "the gateway runs")
    with test.case("payloads that are markup, binary, NUL, 5 MB"):
        in_loop(payloads(gateway, broker))
    with test.case("payloads that are no JSON, or the wrong JSON"):
        in_loop(not_json(gateway, broker))
    with test.case("topics that look like other rooms"):
        in_loop(topics(gateway, broker))
    with test.case("after all that: bounded memory, a clean end"):
        grown = memory(gateway.child.pid) - at_rest
        print(f"      resident memory: {at_rest:.0f} MiB at rest, {grown:.0f} MiB more after it all")
        want(grown < 200 * test.options.slow, f"grew by {grown:.0f} MiB")
        want_equal(gateway.stop(), 0, "exit code")
