"""Each limit, set small: what is beyond it is refused by the limit's name, or waits; everybody within it is served.

What a session says too fast is not refused and not lost: it is read later, so that its sender's own socket stops taking more.
"""
import re
import select
import socket
import time

from harness import PATIENCE, Gateway, Raw, Test, eventually, want, want_equal
from siege import besiege, iq, joined, line, logged_in, ping, presence, pump, stanza_error, stream_error


def names(text, key):
    want(f"limits/{key}" in text, f"want the name limits/{key} in it, got {text[-600:]}")


def opened(gateway, source="127.0.0.1"):
    """A socket with an open stream, from this address."""
    raw = Raw.__new__(Raw)
    raw.socket = socket.create_connection((gateway.host, gateway.port), PATIENCE, source_address=(source, 0))
    raw.got, raw.closed = b"", False
    return raw.open()


def is_closed(raw):
    if not raw.closed and select.select([raw.socket], [], [], 0)[0]:
        raw.receive()
    return raw.closed


def unauthenticated(gateway):
    """Beyond it the oldest goes, and who is logged in stays."""
    decent = [logged_in(gateway, f"decent{n}") for n in range(5)]
    streams = [opened(gateway) for _ in range(50)]
    eventually(lambda: sum(map(is_closed, streams)) >= 30, "no more than 20 stay")
    want_equal([is_closed(one) for one in streams].count(False), 20, "those that stay")
    want(all(is_closed(one) for one in streams[:20]), "the oldest are closed")
    want(not any(is_closed(one) for one in streams[-10:]), "the latest stay")
    for one in streams[:20]:
        names(one.text(), "unauthenticated")
    for one in decent:
        want("id='d'" in pump(one, ping("d"), "id='d'"), "who is logged in stays")
    streams[-1].got = b""
    streams[-1].send("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='ANONYMOUS'/>")
    streams[-1].until("<success")


def unauthenticated_time(gateway):
    for raw in (Raw(gateway), opened(gateway)):
        started = time.monotonic()
        text = stream_error(raw, "connection-timeout", "policy-violation")
        want(time.monotonic() - started < 8 * test.options.slow, "in time")
        names(text, "unauthenticated_time")


def connections(gateway):
    held = []
    while not held or not held[-1].closed:
        want(len(held) < 12, "no more than 12 connections")
        held.append(Raw(gateway))
        held[-1].send(Raw.HEADER.format("localhost"))
        while b"</stream:features>" not in held[-1].got and not held[-1].closed:
            held[-1].receive()
    names(held[-1].text(), "connections")
    for raw in held:
        raw.close()
    time.sleep(0.5)
    Raw(gateway).open()


def connections_per_address(gateway):
    held = [opened(gateway, "127.0.0.9") for _ in range(5)]
    raw = Raw.__new__(Raw)
    raw.socket, raw.got, raw.closed = socket.create_connection(
        (gateway.host, gateway.port), PATIENCE, source_address=("127.0.0.9", 0)), b"", False
    raw.socket.settimeout(PATIENCE)
    names(raw.until_closed(), "connections_per_address")
    opened(gateway, "127.0.0.10").close()
    want(not any(map(is_closed, held)), "the others of that address stay")
    held[0].close()
    time.sleep(0.2)
    opened(gateway, "127.0.0.9").close()


def no_cap_on_the_loopback(gateway):
    held = [opened(gateway) for _ in range(900)]
    want(not any(map(is_closed, held)), "all stay")


def too_fast(gateway, stanza, count, seconds, blocks):
    """All is answered, in order, in no less than these seconds; a sender that goes on is not taken more from."""
    raw = joined(logged_in(gateway), "fast", "Mallory")
    raw.got, started = b"", time.monotonic()
    text = pump(raw, "".join(stanza.format(n) for n in range(count)), f"id='q{count - 1}'", 60 * test.options.slow)
    took = time.monotonic() - started
    want(not raw.closed, f"the session stays: {text[-300:]}")
    want_equal([int(n) for n in re.findall(r"id='q(\d+)'", text)], list(range(count)), "each answer, in order")
    want(took > seconds, f"it takes {seconds} s at least, took {took:.2f} s")
    raw.socket.setblocking(False)
    sent, data = 0, ("".join(stanza.format(f"x{n}") for n in range(1000)).encode())
    try:
        while sent < blocks:
            sent += raw.socket.send(data)
    except BlockingIOError:
        pass
    want(sent < blocks, f"its socket takes no more after a while; took {sent}")
    print(f"      {count} in {took:.1f} s; then the socket took {sent >> 10} KiB more")


def stanza_bytes(gateway):
    raw = Raw(gateway).open()
    raw.send(f"<auth x='{'a' * 11_000}'/>")
    names(stream_error(raw, "policy-violation"), "stanza_bytes_before_login")
    for content, key in (("a" * 13_000, "stanza_bytes"), ("<a>" * 12, "depth"), ("<a/>" * 120, "children"),
                         ("<a " + " ".join(f"a{n}=''" for n in range(30)) + "/>", "attributes")):
        raw = logged_in(gateway)
        raw.send(f"<message to='small@rooms.localhost'><body>{content}")
        names(stream_error(raw, "policy-violation"), key)
    raw = joined(logged_in(gateway), "small", "Mallory")
    raw.send(line("small", "a" * 9_000))
    raw.until("a" * 9_000 + "</body>")


def refused_join(raw, room, nick, key, *conditions):
    raw.got = b""
    raw.send(presence(room, nick, "no"))
    names(stanza_error(raw, "no", *conditions), key)


def rooms_per_session(gateway):
    raw = logged_in(gateway)
    for n in range(3):
        joined(raw, f"r{n}", "Mallory")
    refused_join(raw, "r3", "Mallory", "rooms_per_session", "resource-constraint", "policy-violation")
    raw.send("<presence to='r0@rooms.localhost/Mallory' type='unavailable'/>")
    raw.until("unavailable")
    joined(raw, "r3", "Mallory")


def rooms(gateway):
    raw = logged_in(gateway)
    for n in range(3):
        joined(raw, f"r{n}", "Mallory")
    refused_join(raw, "r3", "Mallory", "rooms", "resource-constraint", "policy-violation", "not-allowed", "service-unavailable")


def occupants_per_room(gateway):
    owner = joined(logged_in(gateway, "owner"), "full", "Owner")
    inside = [joined(logged_in(gateway, f"in{n}"), "full", f"In{n}") for n in range(2)]
    raw = logged_in(gateway)
    refused_join(raw, "full", "Mallory", "occupants_per_room", "service-unavailable", "resource-constraint")
    inside[0].close()
    owner.until("unavailable")
    joined(raw, "full", "Mallory")


def session_queue_bytes(gateway):
    other, raw = joined(logged_in(gateway, "other"), "unread", "Other"), logged_in(gateway)
    raw.send(presence("unread", "Mallory"))
    other.until("/Mallory'")
    for n in range(200):  # a few at a time: who reads is never so far behind
        pump(other, "".join(line("unread", "x" * 30_000) for _ in range(4)), lambda got: got.count(b"</message>") >= 4)
    reason = eventually(lambda: re.search(r"mallory@localhost/raw ended: (.*)", gateway.log()), "it is closed")[1]
    names(reason, "session_queue_bytes")


def lines_in_flight(gateway):
    raw = joined(logged_in(gateway), "lines", "Mallory")
    text = pump(raw, "".join(line("lines", f"line {n}", f"m{n}") for n in range(200)),
                lambda got: got.count(b"<body>line ") + got.count(b"type='error'") >= 200)
    refused = re.findall(r"<message [^>]*type='error'.*?</message>", text)
    want(0 < len(refused) < 200, f"{len(refused)} of 200 are refused")
    for error in refused:
        names(error, "lines_in_flight_per_room")
        want("resource-constraint" in error and "type='wait'" in error, error)


def names_too_long(gateway):
    raw = logged_in(gateway)
    refused_join(raw, "n", "n" * 11, "nick_characters", "not-acceptable", "jid-malformed")
    refused_join(raw, "r" * 21, "Mallory", "room_bytes", "jid-malformed", "item-not-found", "not-acceptable", "not-allowed")
    joined(raw, "r" * 20, "n" * 10)


STANZA = ping("q{}")
FAT = line("fast", "f" * 2000, "q{}").replace("type='groupchat'", "type='normal'")
CASES = (
    ("unauthenticated: the oldest goes", {"unauthenticated": 20}, unauthenticated),
    ("unauthenticated_time", {"unauthenticated_time": 2}, unauthenticated_time),
    ("connections", {"connections": 12}, connections),
    ("connections_per_address", {"connections_per_address": 5}, connections_per_address),
    ("connections_per_address unset: none for the loopback", {}, no_cap_on_the_loopback),
    ("stanzas_per_second: what is too fast waits", {"stanzas_per_second": 100}, lambda g: too_fast(g, STANZA, 500, 3, 20_000_000)),
    ("bytes_per_second: what is too much waits", {"bytes_per_second": 50_000}, lambda g: too_fast(g, FAT, 100, 2, 20_000_000)),
    ("stanza_bytes, stanza_bytes_before_login, depth, children, attributes",
     {"stanza_bytes": 12_000, "stanza_bytes_before_login": 10_000, "depth": 10, "children": 100, "attributes": 20}, stanza_bytes),
    ("rooms_per_session", {"rooms_per_session": 3}, rooms_per_session),
    ("rooms", {"rooms": 4}, rooms),
    ("occupants_per_room", {"occupants_per_room": 3}, occupants_per_room),
    ("session_queue_bytes", {"session_queue_bytes": 262_144}, session_queue_bytes),
    ("lines_in_flight_per_room", {"lines_in_flight_per_room": 5}, lines_in_flight),
    ("nick_characters, room_bytes", {"nick_characters": 10, "room_bytes": 20}, names_too_long))


def queue_lines():
    """Of a broker that is away."""
    gateway = Gateway(test, ready=False, config={
        "brokers": {"main": {"url": "mqtt://127.0.0.1:9", "queue_lines": 5}}, "rules": [{"room": "{name}", "topic": "{name}"}]})
    raw = joined(logged_in(gateway), "away", "Mallory")
    text = pump(raw, "".join(line("away", f"line {n}", f"m{n}") for n in range(20)), lambda got: got.count(b"type='error'") >= 15)
    errors = re.findall(r"<message [^>]*type='error'.*?</message>", text)
    want(all("resource-constraint" in one and "queue_lines" in one for one in errors), f"named: {errors[:1]}")


with Test(limit=150) as test:
    for name, limits, work in CASES:
        besiege(test, name, lambda one: work(one.gateway), limits=limits)
    with test.case("queue_lines of a broker that is away"):
        queue_lines()
