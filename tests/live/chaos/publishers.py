"""Those at the broker who are no gateway: publishers of lines, and the one who sees what is on the topics."""
import json
import time

import amqp
import mqtt
from ledger import Line


def make_session(name, world, **events):
    kind = amqp.Session if world.settings.protocol.startswith("amqp") else mqtt.Session
    return kind(name, world.broker.port, world.settings.protocol, **events)


class Publisher:
    """A program that says its lines on a room's topic, with an id of its own for each, or without."""

    def __init__(self, ledger, world, writer, room, has_ids):
        self.ledger, self.world, self.writer, self.room = ledger, world, writer, room
        self.kind = "named" if has_ids else "nameless"
        self.session = make_session(f"publisher-{writer}", world, on_taken=self.on_taken, on_repeat=self.on_repeat,
                                    **({"stream": f"mucbridge.stream.amq.topic.{room}"} if world.settings.streams else {}))

    def say(self, number, padding):
        body = f"w{self.writer} n{number} {padding}"
        self.ledger.send(Line(self.writer, number, self.room, self.kind, None, time.monotonic()))
        facts = {"nick": f"publisher{self.writer}"}
        if self.kind == "named":
            facts["id"] = f"w{self.writer}-{number}"
        if self.session.five:
            names = {"nick": "nick", "id": "mucbridge-id"}
            self.session.publish(self.room, body.encode(), self.world.settings.qos, number,
                                 [(names[key], value) for key, value in facts.items()])
        else:
            payload = json.dumps({"body": body, **facts}).encode()
            self.session.publish(self.room, payload, self.world.settings.qos, number)

    def on_taken(self, number):
        self.ledger.acknowledge(self.writer, number, time.monotonic(), "taken")

    def on_repeat(self, number):
        self.ledger.lines[self.writer, number].repeats += 1


class Witness:
    """Subscribed to every room's topic from before the first line; the broker keeps for it what it misses."""

    def __init__(self, ledger, world, rooms):
        self.ledger = ledger
        self.observers = {room: ledger.observe(name="topic", room=room, kind="topic") for room in rooms}
        self.five = world.settings.protocol != "mqtt-3.1.1"
        self.session = make_session("witness", world, on_message=self.on_message)
        for room in rooms:
            self.session.subscribe(room, world.settings.qos)

    def on_message(self, topic, payload, properties):
        body, id = payload.decode(errors="replace"), properties.get("mucbridge-id", "")
        if not self.five:
            try:
                words = json.loads(body)
                body, id = words.get("body", ""), words.get("id", "")
            except ValueError:
                pass
        self.ledger.see(self.observers[topic], body, time.monotonic(), True, id)
