"""Connections in masses, each attack against a gateway of its own: half-open, trickling, storming, flooding, never reading.

Rows of the table of hostile input that are held here: slowloris_500, message_flood, non_reading_client.
"""
import re
import select
import socket
import time

from harness import Raw, Test, eventually, want, want_equal
from siege import besiege, iq, joined, line, logged_in, ping, presence, pump

HEADER = Raw.HEADER.format("localhost").encode()


def trickle(sockets, seconds):
    """Each gets one more byte of a stream's header every 200 ms; gives how many are closed by then."""
    left, sent, end = set(sockets), 0, time.monotonic() + seconds
    while left and time.monotonic() < end:
        for one in list(left):
            try:
                one.send(HEADER[sent:sent + 1])
            except OSError:
                left.discard(one)
        sent += 1
        for one in select.select(list(left), [], [], 0.2)[0] if left else ():
            try:
                gone = not one.recv(4096)
            except OSError:
                gone = True
            if gone:
                left.discard(one)
    return len(sockets) - len(left)


def half_open(gateway, count=500):
    sockets = [socket.create_connection((gateway.host, gateway.port)) for _ in range(count)]
    started = time.monotonic()
    trickled = trickle(sockets, 4 * test.options.slow)
    Raw(gateway).open().close()
    closed = trickled + trickle(sockets, 16 * test.options.slow)
    want(closed >= count, f"{closed} of {count} are closed after {time.monotonic() - started:.0f} s")
    for one in sockets:
        one.close()


def silent(gateway, count=1500):
    """More than limits/unauthenticated that say nothing at all; those that have logged in stay."""
    decent = logged_in(gateway, "decent")
    sockets = [socket.create_connection((gateway.host, gateway.port)) for _ in range(count)]
    logged_in(gateway, "late").close()
    want("id='still'" in pump(decent, ping("still"), "id='still'"), "who was logged in stays")
    for one in sockets:
        one.close()


def connect_and_close(gateway, seconds=3):
    end, count = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        one = socket.create_connection((gateway.host, gateway.port))
        if count % 3 == 1:
            one.sendall(HEADER)
        if count % 3 == 2:  # a reset instead of an end
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        one.close()
        count += 1
    print(f"      {count} connections in {seconds} s")


def crowd(gateway, name, count=1000):
    """A thousand sessions in one room at once, who do not read what that makes, and all gone at once."""
    sessions = [logged_in(gateway, name(n), f"r{n}") for n in range(count)]
    for n, session in enumerate(sessions):
        session.send(presence("crowd", name(n)))
    sessions[-1].until("<subject")
    sessions[0].send(line("crowd", "to all of them"))
    sessions[-1].until("to all of them")
    for session in sessions:
        session.close()
    raw, asked = logged_in(gateway, "eve"), "<query xmlns='http://jabber.org/protocol/disco#items'/>"
    eventually(lambda: "<item " not in pump(raw, iq("crowd@rooms.localhost", asked, "i", "get"), "id='i'"), "nobody is left")


def burst(gateway, count=2000):
    """Every line is said, once and in order, or refused by its id with the reason; nothing is closed."""
    raw = joined(logged_in(gateway), "flood", "Mallory")
    other = joined(logged_in(gateway, "neighbour"), "flood", "Neighbour")
    text = pump(raw, "".join(line("flood", f"line {n}.", f"m{n}") for n in range(count)),
                lambda got: got.count(b"<body>line ") + got.count(b"type='error'") >= count)
    errors = re.findall(r"<message [^>]*type='error'.*?</message>", text)
    heard = [int(n) for n in re.findall(r"<body>line (\d+)\.", re.sub(r"<message [^>]*type='error'.*?</message>", "", text))]
    want_equal(sorted(heard + [int(re.search(r"id='m(\d+)'", error)[1]) for error in errors]), list(range(count)),
               "each is said or refused, once")
    want_equal(heard, sorted(heard), "what is said is in order")
    other.until(f"line {heard[-1]}.")
    print(f"      of {count} lines {len(heard)} said, {len(errors)} refused")


def sustained(gateway, seconds=5):
    """As fast as it goes, reading what comes back: nobody is closed."""
    raw = joined(logged_in(gateway), "flood", "Mallory")
    end, count = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        text = pump(raw, "".join(line("flood", f"again {count + n}") for n in range(500)) + ping(f"p{count}"), f"id='p{count}'")
        want(not raw.closed, f"it goes on: {text[-300:]}")
        count += 500
    print(f"      {count} lines in {seconds} s")


def questions(gateway, count=20_000):
    """An iq flood from four at once, of what each layer answers, and of what none does."""
    kinds = (("localhost", "<ping xmlns='urn:xmpp:ping'/>"), ("rooms.localhost", "<query xmlns='http://jabber.org/protocol/disco#items'/>"),
             ("asked@rooms.localhost", "<query xmlns='http://jabber.org/protocol/disco#info'/>"), ("rooms.localhost", "<x xmlns='urn:x'/>"),
             ("asked@rooms.localhost/Mallory", "<ping xmlns='urn:xmpp:ping'/>"), ("nobody@localhost", "<x xmlns='urn:x'/>"))
    raw = joined(logged_in(gateway), "asked", "Mallory")
    text = "".join(iq(*kinds[n % len(kinds)], f"q{n}", "get") for n in range(count))
    answers = pump(raw, text + ping("end"), "id='end'")
    answers += pump(raw, ping("end2"), "id='end2'")
    want(not raw.closed, f"it goes on: {answers[-300:]}")
    for question in re.findall(r"<iq [^>]*type='get'[^>]*id='([^']*)'|<iq [^>]*id='([^']*)'[^>]*type='get'", answers)[:1]:
        want(question, "its own question came back to it: it is an occupant that is asked")


def never_read(gateway, count=20):
    """They are closed, and the room goes on and hears that they left."""
    other = joined(logged_in(gateway, "neighbour"), "busy", "Neighbour")
    gluttons = [logged_in(gateway, f"glutton{n}") for n in range(count)]
    for n, glutton in enumerate(gluttons):
        glutton.send(presence("busy", f"Glutton{n}"))
    text = pump(other, "", lambda got: got.count(b"/Glutton") >= count)
    body, text = "x" * 30_000, ""
    for n in range(100):  # 30 MB for each, more than the sockets of both sides hold
        text += pump(other, "".join(line("busy", body, f"b{n}.{k}") for k in range(10)),
                     lambda got: got.count(b"</message>") >= 10).replace(body, "")
    text += pump(other, ping("end"), "id='end'")
    left = set(re.findall(r"/(Glutton\d+)' [^>]*type='unavailable'", text + other.text()))
    want_equal(len(left), count, "those that left")


CASES = (
    ("500 half-open streams that trickle a byte at a time are closed in time", half_open, {"unauthenticated_time": 6}),
    ("1500 silent sockets", silent, {}),
    ("connect and close, as fast as it goes", connect_and_close, {}),
    ("a thousand sessions of one name in one room", lambda g: crowd(g, lambda n: "mallory"), {}),
    ("a thousand names in one room", lambda g: crowd(g, lambda n: f"m{n}"), {}),
    ("2000 lines in one burst", burst, {}),
    ("lines without a pause", sustained, {}),
    ("20 000 requests without a pause", questions, {}),
    ("twenty readers that never read, in a busy room", never_read, {}))

with Test(limit=150) as test:
    for name, work, limits in CASES:
        besiege(test, name, lambda one: work(one.gateway), limits=limits)
