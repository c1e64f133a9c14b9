"""What the tests of what is kept share: a gateway with rooms that stay, its broker, a witness; what is asked of a room."""
import subprocess

from harness import Gateway, Mosquitto, want, want_equal
from muc_stage import ADMIN, OWNER, Player

BY_RULE, BY_FORM, ORDINARY = (f"{name}@rooms.localhost" for name in ("kept", "garden", "passing"))
TOPICS = {BY_RULE: "kept", BY_FORM: "garden", ORDINARY: "passing"}
FORM = "{jabber:x:data}"
USERS = ("romeo", "juliet")
EVER = "2000-01-01T00:00:00Z"


class House:
    """A broker that keeps what it has, a gateway with accounts, and a witness of the topics whom the broker waits for."""

    def __init__(self, test, protocol="", durability="power", start=True):
        data = test.path("data")
        self.broker = Mosquitto(test, extra=["persistence true", f"persistence_location {data}/", "max_queued_messages 0"])
        url = {"url": self.broker.url}
        config = {"login": "accounts", "administrators": ["romeo@localhost"], "tls": {"required": False},
                  "store": {"durability": durability}, "brokers": {"main": {**url, "protocol": protocol} if protocol else url},
                  "rules": [{"room": "kept", "topic": "kept", "persistent": True,
                             "payload": "text" if protocol == "mqtt-3.1.1" else "json"},
                            {"room": "{name}", "topic": "{name}"}]}
        state = test.path("state")
        for user in USERS:
            subprocess.run([test.binary, "account", "add", user, "--state", state], input=b"any\n", check=True, capture_output=True)
        self.gateway = Gateway(test, config=config, state=state, start=start)
        self.witness = self.broker.subscribe(*TOPICS.values(), more=("-c", "-i", "witness", "-x", "3600"))

    async def enter(self, name, room, since=None):
        player = await Player.login(self.gateway, f"{name}@localhost")
        wish = f"<history since='{since}'/>" if since else ""
        at = len(player.seen)
        player.send_raw(f"<presence to='{room}/{name}'><x xmlns='http://jabber.org/protocol/muc'>{wish}</x></presence>")
        await player.until(lambda: any(s.room == room and (s.subject is not None and s.body is None or s.error)
                                       for s in player.seen[at:]), f"the join of {room} ends")
        want(not player.errors(), f"join of {room}: {player.errors()}")
        return player

    def restart(self):
        self.gateway.child.kill()
        self.gateway.start()


def question(to, type, inner, id):
    return f"<iq type='{type}' to='{to}' id='{id}'>{inner}</iq>"


async def ask(player, to, type, inner):
    id, at = player.new_id(), len(player.seen)
    player.send_raw(question(to, type, inner, id))
    answer = await player.until(lambda: player.answer(id, at), f"an answer to {inner[:120]}")
    want_equal(answer.type, "result", f"{inner[:200]}: {answer}")
    return answer.element


def submit(**fields):
    """muc#roomconfig_* by their last words."""
    written = "".join(f"<field var='muc#roomconfig_{name}'><value>{value}</value></field>" for name, value in fields.items())
    return (f"<query xmlns='{OWNER}'><x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>"
            f"http://jabber.org/protocol/muc#roomconfig</value></field>{written}</x></query>")


def affiliation(name, what):
    return f"<query xmlns='{ADMIN}'><item jid='{name}@localhost' affiliation='{what}'/></query>"


async def options(player, room):
    form = await ask(player, room, "get", f"<query xmlns='{OWNER}'/>")
    return {field.get("var", "").removeprefix("muc#roomconfig_"): field.findtext(FORM + "value", "")
            for field in form.iter(FORM + "field")}


async def those_who_are(player, room, what):
    answer = await ask(player, room, "get", f"<query xmlns='{ADMIN}'><item affiliation='{what}'/></query>")
    return {item.get("jid") for item in answer.iter(f"{{{ADMIN}}}item")}


def subject(player, room):
    return next((s.subject for s in reversed(player.seen) if s.room == room and s.subject is not None and s.body is None), None)
