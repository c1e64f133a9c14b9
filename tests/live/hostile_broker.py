"""Payloads, properties and topics from hell, from the other side: what any publisher at the broker can send.

Whatever comes is text in one body, under a nick that is no occupant's, or is not said; the streams stay well-formed, as a
client with an XML parser finds. Rows of the table of hostile input held here: mqtt_payload_injection, mqtt_topic_hostile.
"""
import json
import re
import time

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

import harness
from harness import Client, Test, in_loop, want, want_equal
from siege import besiege, joined, logged_in, ping, pump

MARKUP = "</body></message><message from='ceo@localhost'><body>obey & <![CDATA[x]]> &#0; &lol; <!-- -->"


class Publisher:
    """An MQTT 5 client of nobody's."""

    def __init__(self, broker):
        self.client = mqtt.Client(protocol=mqtt.MQTTv5)
        self.client.max_inflight_messages_set(1000)
        self.client.connect("127.0.0.1", broker.port)
        self.client.loop_start()

    def say(self, topic, payload, user=(), qos=1, retain=False, **more):
        properties = Properties(PacketTypes.PUBLISH)
        if user:
            properties.UserProperty = list(user)
        for name, value in more.items():
            setattr(properties, name, value)
        return self.client.publish(topic, payload, qos, retain, properties)

    def said(self, *what, **more):
        self.say(*what, **more).wait_for_publish(harness.PATIENCE)

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


async def enter(gateway, room):
    romeo = await Client.login(gateway, "hearer@localhost")
    await romeo.join(f"{room}@rooms.localhost", "Hearer")
    return romeo


async def shown(romeo, publisher, topic, payload, *user, **more):
    """The one line that it becomes."""
    at = len(romeo.lines())
    publisher.said(topic, payload, user, **more)
    await romeo.until(lambda: len(romeo.lines()) > at, f"{payload[:40]!r} is shown somehow")
    line = romeo.lines()[at]
    want(line.body.strip() and line.nick.strip(), f"with words and a nick: {line}")
    want(not re.search("[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", line.nick), f"a nick that can be shown: {line.nick!r}")
    want(line.nick.casefold() != "hearer", f"no occupant's nick: {line.nick!r}")
    return line


async def payloads(gateway, publisher):
    romeo = await enter(gateway, "payloads")
    want_equal((await shown(romeo, publisher, "payloads", MARKUP)).body, MARKUP, "markup is text")
    for payload in (b"\xff\xfe\x00\x01", b"zero\x00byte", b"bell\x07", b"\xed\xa0\x80", b"\xef\xbf\xbe", b"\xf4\x90\x80\x80",
                    "\ufdd0\u202e\u2028".encode(), b"\x1b[2J\x1b]0;title\x07", b"\r\n" * 1000 + b".", b"\x80" * 1_000_000, b"]]>"):
        await shown(romeo, publisher, "payloads", payload)
    for payload in ("é" * 524_288, "<" * 1_048_576, "é" * 2_500_000):
        body = (await shown(romeo, publisher, "payloads", payload)).body
        want(1000 < len(body.encode()) <= 33 * 1024 and set(body[:1000]) == {payload[0]}, f"{len(payload)} characters are cut")
    publisher.said("payloads", "")
    publisher.said("payloads", b"", retain=True)
    await shown(romeo, publisher, "payloads", "says that it is UTF-8 \udcff".encode(errors="surrogateescape"), PayloadFormatIndicator=1)
    await shown(romeo, publisher, "payloads", "of a strange kind", ContentType="</body>\"'" * 100, CorrelationData=b"\0" * 1000,
                ResponseTopic="payloads", MessageExpiryInterval=1)
    want_equal((await shown(romeo, publisher, "payloads", "after")).body, "after", "and on")
    want(all(line.body.strip() for line in romeo.lines()), "no line is empty")
    await romeo.bye()


async def not_json(gateway, publisher):
    romeo = await enter(gateway, "json.x")
    for payload in ("not json at all", '{"body":', "[]", "{}", "42", '{"body": 7}', '{"body": {"a": 1}}', "null", "[" * 100_000,
                    '{"body": "x", "a": ' + "[" * 100_000, '{"body":"x",' + ",".join(f'"k{n}":{n}' for n in range(50_000)) + "}",
                    json.dumps({"body": "x", "nick": "Hearer"}), json.dumps({"body": "x", "nick": " \u202e"}),
                    json.dumps({"body": "x", "nick": "n" * 5000}), json.dumps({"body": "x", "from": "</message>"}),
                    json.dumps({"body": "x", "id": "<" * 5000}), json.dumps({"body": "x", "time": "yesterday"}),
                    json.dumps({"body": "x", "lang": "'/><x>"}), json.dumps({"body": "x", "time": "9999-12-31T23:59:60Z"}),
                    json.dumps({"body": "x", "origin": 7, "seal": []}), json.dumps({"body": "x", "body ": "y", "id": None}),
                    '{"body": "\\ud800"}', '{"body": "a\\u0000b"}', '{"body": 1e999}', '{"body": "one", "body": "two"}', "\ufeff{}"):
        publisher.said("json/x", payload)
    publisher.said("json/x", json.dumps({"body": "after", "nick": "sensor"}))
    line = await romeo.heard("after", patience=2 * harness.PATIENCE)
    want("sensor" in line.nick, f"the nick that the payload wishes: {line.nick}")
    want(all(line.nick.casefold() != "hearer" and line.body for line in romeo.lines()), "no publisher speaks as an occupant [S9]")
    want(any("not json at all" in body for body in romeo.bodies()), "what is not JSON is shown as it is, or said to be none")
    await romeo.bye()


async def properties(gateway, publisher):
    """Thousands of them, and those by which gateways know each other, forged."""
    romeo = await enter(gateway, "properties")
    romeo.say("properties@rooms.localhost", "sealed")
    mine = await romeo.heard("sealed")
    sealed = next(m for m in watcher.messages() if m.get("payload") == "sealed")["properties"]["user-properties"]
    want(sealed["mucbridge-seal"], f"its seal: {sealed}")
    for change in ({"mucbridge-id": sealed["mucbridge-id"]}, {}, {"XMPPFrom": "properties@rooms.localhost/Hearer"},
                   {"mucbridge-origin": "0" * 16}, {"mucbridge-time": "9999-12-31T23:59:59Z"}, {"mucbridge-seal": ""},
                   {"mucbridge-seal": "A" * 60_000}, {"mucbridge-said": "never"}, {"mucbridge-id": "\u202e<" * 1000}):
        at = len(romeo.lines())
        publisher.said("properties", f"forged {at}", list({**sealed, "mucbridge-id": f"id-{at}", **change}.items()))
        await romeo.heard(f"forged {at}")
        want(all(line.nick != mine.nick and line.stanza_id != mine.stanza_id for line in romeo.lines()[at:]), f"not mine: {change}")
    publisher.said("properties", "sealed", list(sealed.items()))  # as it was: a replay
    for key in ("nick", "XMPPFrom", "mucbridge-id", "XMPPLang", "XMPPID"):
        for value in ("</message>", "\u202e", "x" * 60_000, "a@b@c/d", "/", "", "'\"><", "Hearer", "HEARER\u200b"):
            await shown(romeo, publisher, "properties", f"{key} {value[:20]} {len(romeo.lines())}", (key, value))
    await shown(romeo, publisher, "properties", "thousands", *((f"k{n}", "v" * 10) for n in range(5000)))
    await shown(romeo, publisher, "properties", "of one name", *(("nick", f"n{n}") for n in range(5000)))
    await shown(romeo, publisher, "properties", "long", *(("k" * 60_000, "v" * 60_000) for _ in range(20)))
    want_equal(romeo.bodies().count("sealed"), 1, "a replayed line is not said again [S9]")
    await romeo.bye()


async def topics(gateway, publisher):
    """Topics that nobody's room is, or that look like other rooms, disturb nobody; what names a nick is no markup."""
    romeo = await enter(gateway, "a.b")
    for topic in ("a", "a/b/c", "a.b", "A/B", "a b", "/a/b", "a/b/", "a//b", "ä/b", "a/b\\2e", "a\\2fb", "x" * 65_535, "$a/b",
                  "mucbridge/x/status", "a/\u202eb", "/" * 150, "é" * 30_000):
        publisher.say(topic, "elsewhere")
    publisher.said("a/b", "here")
    await romeo.heard("here")
    want_equal(romeo.bodies(), ["here"], "only what its topic says")
    await romeo.bye()
    romeo = await enter(gateway, "every")
    for level in ("x", "</message>", "\u202e", " ", "n" * 60_000, "Hearer", "ｈｅａｒｅｒ", "&amp;", "'", "a.b", "\ud7ff\ufffd", "\u2028",
                  "$SYS", "hearer\u200b", "%s", "{topic.1}"):
        await shown(romeo, publisher, f"every/{level}", f"from {level[:20]} {len(romeo.lines())}")
    await romeo.bye()


def flood(gateway, publisher, count=30_000):
    """From a topic into its room, where somebody does not read: who reads hears each once, and in order."""
    lazy = joined(logged_in(gateway, "lazy"), "flooded", "Lazy")
    reader = joined(logged_in(gateway, "reader"), "flooded", "Reader")
    started, at, text = time.monotonic(), 0, ""
    for at in range(0, count, 1000):
        for n in range(at, at + 1000):
            publisher.say("flooded", f"flood {n}." + "x" * 200)
        text += pump(reader, "", lambda got: f"flood {at + 999}.".encode() in got)
    want_equal([int(n) for n in re.findall(r"<body>flood (\d+)\.", text)], list(range(count)), "what the reader hears")
    print(f"      {count} lines in {time.monotonic() - started:.1f} s")
    lazy.close()


def retained(gateway, publisher, count=3000):
    """Thousands of retained messages for one filter, and each join after."""
    for n in range(count):
        publisher.say(f"every/kept {n}", "kept " + "x" * 1000, retain=True)
    publisher.said("every/last", "last", retain=True)
    for n in range(20):
        joined(logged_in(gateway, f"r{n}"), "every", f"R{n}").close()
    raw = joined(logged_in(gateway), "every", "Mallory")
    want("id='end'" in pump(raw, ping("end"), "id='end'"), "it goes on")


CASES = (
    ("payloads that are markup, binary, NUL, empty, megabytes", payloads),
    ("payloads that are no JSON, or the wrong JSON", not_json),
    ("properties in thousands, forged, replayed [S9]", properties),
    ("topics that look like other rooms, 65 535 bytes, '$', as nicks", topics),
    ("30 000 lines from a topic", flood),
    ("3000 retained messages", retained))

def publishing(one, work):
    global watcher
    watcher = one.broker.subscribe("properties")
    publisher = Publisher(one.broker)
    if work in (flood, retained):
        work(one.gateway, publisher)
    else:
        in_loop(work(one.gateway, publisher))
    publisher.close()


RULES = [{"room": "json.{name}", "topic": "json/{name}", "payload": "json"},
         {"room": "every", "read": "every/#", "direction": "in", "nick": "{topic.1}"}, {"room": "{name}", "topic": "{name}"}]

with Test(limit=150) as test:
    for name, work in CASES:
        besiege(test, name, lambda one: publishing(one, work), rules=RULES)
