"""Floods of a room's own kind: joins and leaves, nicks, rooms, configurations, affiliations, invitations, pages that are none.

Each attack is on a gateway of its own. Row of the table of hostile input that is held here: room_creation_flood.
"""
import concurrent.futures
import re

from harness import Test, want, want_equal
from siege import STANZAS, besiege, iq, joined, line, logged_in, ping, presence, pump

OWNER, ADMIN = "http://jabber.org/protocol/muc#owner", "http://jabber.org/protocol/muc#admin"


def leaving(room, nick):
    return f"<presence to='{room}@rooms.localhost/{nick}' type='unavailable'/>"


def errors(text, kind="iq"):
    return re.findall(rf"<{kind} [^>]*type='error'.*?</{kind}>", text, re.S)


def named(text, *conditions):
    return {found for found in re.findall(rf"<([a-z-]+) xmlns='{STANZAS}'", text)} - {"text"} <= set(conditions)


def still_there(raw, room="besieged", nick="Mallory"):
    """Everything before it is done: the session, its room and its place in it are there."""
    text = pump(raw, ping("end"), "id='end'")
    want(not raw.closed, f"it goes on: {text[-300:]}")
    # Errors of what went before may still be on their way: the room's loop is not the session's.
    text += pump(raw, presence(room, nick) + line(room, "still there"), "still there")
    want(not raw.closed, f"the room goes on: {text[-500:]}")
    return text


def comes_and_goes(gateway, count=5000):
    """Into a room with 20 others and out again; everybody hears each once, and the last that is heard is true."""
    others = [joined(logged_in(gateway, f"other{n}"), "besieged", f"Other{n}") for n in range(20)]
    raw = logged_in(gateway)
    pump(raw, (presence("besieged", "Mallory") + leaving("besieged", "Mallory")) * count + ping("end"), "id='end'")
    still_there(raw)
    for other in others:
        text = pump(other, "", "still there")
        seen = re.findall(r"<presence from='besieged@rooms.localhost/Mallory'[^>]*?(type='unavailable')?[^>]*>", text)
        want(2 <= len(seen) <= 2 * count + 2 and not seen[-1], f"{len(seen)} presences, the last {seen[-1:]}")


def ten_come_and_go(gateway, count=3000):
    """Ten at once, who read all that they are sent: what they ask for faster than it can be done waits at their own sockets."""
    raws = [logged_in(gateway, f"m{n}") for n in range(10)]
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        flood = lambda n: pump(raws[n], (presence("besieged", f"M{n}") + leaving("besieged", f"M{n}")) * count + ping("end"), "id='end'")
        for text in pool.map(flood, range(10)):
            want("id='end'" in text, "it goes on")
    still_there(raws[0], nick="M0")


def storm_of_nicks(gateway, count=5000):
    others = [joined(logged_in(gateway, f"other{n}"), "besieged", f"Other{n}") for n in range(20)]
    raw = joined(logged_in(gateway), "besieged", "Mallory")
    text = pump(raw, "".join(presence("besieged", f"M{n}", f"n{n}") for n in range(count)) + ping("end"), "id='end'")
    still_there(raw, nick=f"M{count - 1}")
    for other in others:
        text = pump(other, "", "still there")
        want_equal(text.count(f"/M{count - 1}'") >= 1 and not errors(text), True, "the others hear of the last nick")


def many_rooms(gateway, count=3000):
    """As many as limits/rooms_per_session has, then refused by that name; all are left with the session."""
    raw = logged_in(gateway)
    text = pump(raw, "".join(presence(f"mine{n}", "Mallory", f"r{n}") for n in range(count)),
                lambda got: got.count(b"<subject") + got.count(b"type='error'") >= count)
    refused = errors(text, "presence")
    want_equal((text.count("<subject"), len(refused)), (1000, count - 1000), "entered, and refused")
    want(all("limits/rooms_per_session" in one for one in refused) and named("".join(refused), "resource-constraint"), refused[0])
    pump(raw, "".join(leaving(f"mine{n}", "Mallory") for n in range(1000)), lambda got: got.count(b"unavailable") >= 1000)
    text = pump(raw, presence("another", "Mallory"), lambda got: b"<subject" in got or b"type='error'" in got)
    want("<subject" in text, f"who left may enter others: {text[-300:]}")


def rooms_one_after_another(gateway, count=20_000):
    """Entered and left at once: what is empty lingers for a while, and costs little."""
    raw = logged_in(gateway)
    pump(raw, "".join(presence(f"short{n}", "Mallory", f"r{n}") + leaving(f"short{n}", "Mallory") for n in range(count)) + ping("end"),
         "id='end'")
    still_there(raw)


def form(*fields):
    return f"<query xmlns='{OWNER}'><x xmlns='jabber:x:data' type='submit'>" + "".join(
        f"<field var='{name}'>" + "".join(f"<value>{value}</value>" for value in values) + "</field>"
        for name, *values in (("FORM_TYPE", "http://jabber.org/protocol/muc#roomconfig"), *fields)) + "</x></query>"


def configurations(gateway, count=1500):
    raw = joined(logged_in(gateway), "besieged", "Mallory")
    room, other = "besieged@rooms.localhost", joined(logged_in(gateway, "other"), "besieged", "Other")
    garbage = [form(("muc#roomconfig_maxusers", value)) for value in ("-1", "NaN", "9" * 400, "", "0x10", "1e9", "&#x200B;")]
    garbage += [form(("muc#roomconfig_roomname", "n" * 100_000)), form(("muc#roomconfig_roomdesc", "\u202e" * 30_000)),
                form(("muc#roomconfig_membersonly", *["1"] * 1500)), form(*[("muc#roomconfig_roomname", "x")] * 1000),
                form(("muc#roomconfig_whois", "everybody")), form(("muc#roomconfig_roomsecret", "")), form(("x" * 5000, "1")),
                f"<query xmlns='{OWNER}'/>" * 3, f"<query xmlns='{OWNER}'><x xmlns='jabber:x:data' type='result'/></query>",
                f"<query xmlns='{OWNER}'><x xmlns='jabber:x:data' type='form'/><destroy/></query>"]
    for n, query in enumerate(garbage):
        text = pump(raw, iq(room, query, f"g{n}"), f"id='g{n}'")
        want(not raw.closed, f"the session goes on after {query[:300]}")
    flood = "".join(iq(room, form(("muc#roomconfig_roomname", f"name {n}"), ("muc#roomconfig_moderatedroom", n % 2),
                                  ("muc#roomconfig_membersonly", "0"), ("muc#roomconfig_passwordprotectedroom", "0"),
                                  ("muc#roomconfig_whois", ("anyone", "moderators")[n % 2])), f"c{n}") for n in range(count))
    text = pump(raw, flood, f"id='c{count - 1}'")
    want_equal(len(re.findall(r"<iq [^>]*id='c\d+'", text)), count, "each has an answer")
    want(not errors(text), f"and each is taken: {errors(text)[:1]}")
    still_there(raw)
    heard = pump(other, "", "still there").count("<status")
    print(f"      {count} configurations; another occupant heard {heard} notices of them")


def affiliations(gateway, count=60_000):
    """Thousands of items a request, request after request: there is an end to what a room keeps, and it says so."""
    raw = joined(logged_in(gateway), "besieged", "Mallory")
    room, size, refused = "besieged@rooms.localhost", 1000, []
    for n in range(500):  # 100 MB of reasons
        items = "".join(f"<item jid='r{n}.{k}@example.org' affiliation='outcast'><reason>{'r' * 100_000}</reason></item>" for k in range(2))
        pump(raw, iq(room, f"<query xmlns='{ADMIN}'>{items}</query>", f"r{n}"), f"id='r{n}'")
    for at in range(0, count, size):
        items = "".join(f"<item jid='user{at + n}@example.org' affiliation='{('outcast', 'member')[n % 2]}'/>" for n in range(size))
        text = pump(raw, iq(room, f"<query xmlns='{ADMIN}'>{items}</query>", f"a{at}"), f"id='a{at}'")
        want(not raw.closed, f"the session goes on: {text[-300:]}")
        refused += [one for one in errors(text)]
    want(refused, f"{count} are not all kept")
    want(re.search("resource-constraint.*<text [^>]*>[^<]*affiliations", refused[-1], re.S), f"said in words: {refused[-1][-500:]}")
    text = pump(raw, iq(room, f"<query xmlns='{ADMIN}'><item affiliation='outcast'/></query>", "list", "get"), "id='list'")
    want(not raw.closed, f"the list, or an error: {text[-300:]}")
    nonsense = ("<item/>", "<item affiliation='king' jid='a@b'/>", "<item jid='' affiliation='owner'/>", "<item nick='' role='none'/>",
                "<item jid='@@' affiliation='outcast'/>", "<item nick='Mallory' role='none'/>" * 2000, "<item affiliation='owner' jid='a@b@c'/>",
                f"<item nick='{'n' * 100_000}' role='visitor'/>", "<item affiliation='none' jid='mallory@localhost'/>", "")
    for n, items in enumerate(nonsense):
        text = pump(raw, iq(room, f"<query xmlns='{ADMIN}'>{items}</query>", f"n{n}"), f"id='n{n}'")
        want(not raw.closed and errors(text), f"refused: {items[:80]}: {text[-400:]}")
    still_there(raw)


def pages(gateway, rooms=500):
    """Result sets that are none [XEP-0059], histories that are none, thousands of invitations and of private words."""
    raw = logged_in(gateway)
    pump(raw, "".join(presence(f"page{n}", "Mallory") for n in range(rooms)), lambda got: got.count(b"<subject") >= rooms)
    wishes = ["<max>-1</max>", "<max>99999999999999999999</max>", "<max>x</max>", "<max/>", "<index>-5</index>", "<before/><after/>",
              f"<after>{'a' * 50_000}</after>", "<after>\u202e</after>", "<max>10</max>" * 1000, "<index>4294967297</index>", "<max>0</max>"]
    for n, wish in enumerate(wishes * 10):
        text = pump(raw, iq("rooms.localhost", "<query xmlns='http://jabber.org/protocol/disco#items'>"
                            f"<set xmlns='http://jabber.org/protocol/rsm'>{wish}</set></query>", f"p{n}", "get"), f"id='p{n}'")
        want(not raw.closed and text.count("<item ") <= rooms, f"{wish[:40]}: {text[-300:]}")
    histories = ["maxstanzas='-1'", "maxstanzas='99999999999999999999'", "maxchars='x'", "seconds='-9'", "since='yesterday'",
                 "since='9999-99-99T99:99:99Z'", "since=''", f"since='{'1' * 50_000}'", "maxchars='0' maxstanzas='0' seconds='0' since='1'"]
    for n, history in enumerate(histories):
        asked = presence(f"page{n}", "Mallory").replace("/muc'/>", f"/muc'><history {history}/></x>")
        text = pump(raw, leaving(f"page{n}", "Mallory") + asked, lambda got: b"<subject" in got or b"type='error'" in got)
        want(not raw.closed, f"{history[:60]}: {text[-300:]}")
    invitation = ("<message to='page20@rooms.localhost'><x xmlns='http://jabber.org/protocol/muc#user'>"
                  + "<invite to='nobody@localhost'><reason>{}</reason></invite>" * 50 + "</x></message>")
    pump(raw, "".join(invitation.replace("{}", f"come {n}") for n in range(200)) + ping("inv"), "id='inv'")
    still_there(raw, "page20")


CASES = (
    ("5000 joins and leaves", comes_and_goes), ("ten times 3000 joins and leaves", ten_come_and_go),
    ("5000 nicks", storm_of_nicks), ("3000 rooms by one session", many_rooms),
    ("20 000 rooms entered and left", rooms_one_after_another), ("configurations, garbage and a flood", configurations),
    ("60 000 affiliations, 100 MB of reasons", affiliations), ("pages, histories and invitations that are none", pages))

with Test(limit=150) as test:
    for name, work in CASES:
        besiege(test, name, lambda one: work(one.gateway))
