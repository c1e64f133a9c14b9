"""bot.py PORT USER BROKER_PORT to-topic|to-room QOS READY_FILE : carries the lines of room bench-1@rooms.localhost to
the topic bench-1, or the other way, as a plain bot does; READY_FILE is written when it listens."""
import pathlib
import socket
import sys
import time

import paho.mqtt.client as mqtt
import slixmpp

ROOM, TOPIC, NICK = "bench-1@rooms.localhost", "bench-1", "bot"


class Bot(slixmpp.ClientXMPP):
    def __init__(self, user, broker_port, direction, qos, ready):
        super().__init__(f"{user}@localhost", "bench", plugin_config={"feature_mechanisms": {"unencrypted_plain": True}})
        self.direction, self.qos, self.ready = direction, qos, ready
        self.register_plugin("xep_0045")
        self.add_event_handler("session_start", self.on_session)
        self.add_event_handler("groupchat_message", self.on_line)
        self.add_event_handler(f"muc::{ROOM}::self-presence", self.on_joined)
        self.broker = mqtt.Client()
        self.broker.max_inflight_messages_set(0)
        self.broker.on_message = lambda _client, _data, message: self.loop.call_soon_threadsafe(self.on_payload, message.payload)
        self.broker.connect("127.0.0.1", broker_port)
        if direction == "to-room":
            self.broker.on_subscribe = lambda *_: self.ready.touch()
        self.broker.loop_start()

    def on_session(self, _):
        self.plugin["xep_0045"].join_muc(ROOM, NICK)

    def on_joined(self, _):
        if self.direction == "to-room":
            self.broker.subscribe(TOPIC, self.qos)
        else:
            self.ready.touch()

    def on_line(self, message):
        if self.direction == "to-topic" and message["mucnick"] != NICK:
            self.broker.publish(TOPIC, message["body"], self.qos)

    def on_payload(self, payload):
        self.send_message(ROOM, payload.decode(), mtype="groupchat")


def await_server(port):
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    sys.exit("bot.py: no server")


port, user, broker_port, direction, qos, ready = sys.argv[1:]
await_server(int(port))
bot = Bot(user, int(broker_port), direction, int(qos), pathlib.Path(ready))
bot.connect(("127.0.0.1", int(port)), use_ssl=False, force_starttls=False, disable_starttls=True)
bot.process(forever=True)
