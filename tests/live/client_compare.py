"""profanity and poezio in a moderated, a members-only and a password room: a person sees the same of ours as of Prosody's.

profanity comes to us directly; poezio, which wants SCRAM or TLS, through Prosody, whose component we are."""
import asyncio
import difflib
import xml.etree.ElementTree as ET

import clients
import servers
from harness import Client, Gateway, Mosquitto, Test, eventually, in_loop, want

OWNER = "http://jabber.org/protocol/muc#owner"
ITEM = "{http://jabber.org/protocol/muc#user}item"
ROOMS = "rooms.localhost"


class Owner(Client):
    """The owner of the rooms, a program: makes, configures, gives and takes."""

    async def make(self, name, **fields):
        self.room, fields["roomname"] = f"{name}@{ROOMS}", name
        await self.join(self.room, "nurse")
        values = "".join(f"<field var='muc#roomconfig_{var}'><value>{value}</value></field>" for var,
                         value in fields.items())
        await self.ask(f"<query xmlns='{OWNER}'><x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>"
                       f"http://jabber.org/protocol/muc#roomconfig</value></field>{values}</x></query>")

    async def give(self, **item):
        words = " ".join(f"{name}='{value}'" for name, value in item.items())
        await self.ask(f"<query xmlns='http://jabber.org/protocol/muc#admin'><item {words}/></query>")

    async def ask(self, inner):
        iq = self.make_iq_set(ito=self.room)
        iq.append(ET.fromstring(inner))
        await iq.send(timeout=10)

    async def sees(self, nick, role="", type=""):
        """An occupant's presence, so that what follows comes after it."""
        def is_it(s):
            item = s.element.find(f".//{ITEM}")
            return (s.kind, s.nick, s.type) == ("presence", nick,
                                                type) and (not role or item is not None and item.get("role") == role)
        found = await self.until(lambda: next((s for s in self.seen if is_it(s)), None), f"{nick} {type} {role}")
        self.seen.remove(found)

    async def shown(self, person, mark):
        """All before this is on the person's screen, when this is."""
        self.say(self.room, mark)
        await asyncio.to_thread(person.shows, mark)


async def moderator(owner, juliet, person):
    """A moderator gives and takes voice, sets the subject, kicks, bans and makes members."""
    await owner.make("salon", moderatedroom="1")
    await owner.give(jid="romeo@localhost", affiliation="admin")
    person.join(owner.room)
    await owner.sees("romeo", "moderator")
    await owner.shown(person, "mark one")
    await juliet.join(owner.room, "juliet")
    await owner.sees("juliet", "visitor")
    person.give_role("juliet", "participant", "speak")
    await owner.sees("juliet", "participant")
    juliet.say(owner.room, "thank you")
    await owner.heard("thank you")
    person.give_role("juliet", "visitor", "hush")
    await owner.sees("juliet", "visitor")
    person.set_subject("Of love")
    await owner.until(lambda: any(s.subject == "Of love" for s in owner.seen), "the subject")
    await owner.shown(person, "mark two")
    person.kick("juliet", "begone")
    await owner.sees("juliet", type="unavailable")
    person.give_affiliation("juliet@localhost", "member")
    await owner.until(lambda: any(s.kind == "message" and s.element.find(f".//{ITEM}[@jid='juliet@localhost']") is not None
                                  for s in owner.seen), "the absent member is told of [9.3]")
    await juliet.join(owner.room, "juliet")
    await owner.sees("juliet", "participant")
    await owner.shown(person, "mark three")
    person.ban("juliet@localhost", "treason")
    await owner.sees("juliet", type="unavailable")
    person.kick("nurse", "you too")
    await asyncio.to_thread(person.may_not_kick)
    await owner.shown(person, "mark four")
    return person.said()


async def visitor(owner, juliet, person):
    """A visitor may not speak, is told so, is given voice, loses it and is kicked."""
    await owner.make("stalls", moderatedroom="1", changesubject="0")
    person.join(owner.room)
    await owner.sees("romeo", "visitor")
    await owner.shown(person, "mark one")
    person.type("may a visitor speak")
    await asyncio.to_thread(person.shows, person.NO_VOICE)
    await owner.give(nick="romeo", role="participant")
    await owner.shown(person, "mark two")
    person.type("a participant may")
    await owner.heard("a participant may")
    person.set_subject("Of mine")
    await asyncio.to_thread(eventually, lambda: person.screen().count(person.NO_VOICE) == 2, "the subject is refused")
    await owner.shown(person, "mark three")
    await owner.give(nick="romeo", role="none")
    await asyncio.to_thread(person.shows, "icked")
    return person.said()


async def password(owner, juliet, person):
    await owner.make("cave", passwordprotectedroom="1", roomsecret="sesame")
    person.join(owner.room)
    await asyncio.to_thread(person.is_refused)
    refused = person.said()
    person.join(owner.room, "sesame")
    await owner.sees("romeo")
    await owner.shown(person, "mark one")
    return refused + person.said()


async def members_only(owner, juliet, person):
    await owner.make("club", membersonly="1")
    person.join(owner.room)
    await asyncio.to_thread(person.is_refused)
    refused = person.said()
    await owner.give(jid="romeo@localhost", affiliation="member")
    person.join(owner.room)
    await owner.sees("romeo")
    await owner.shown(person, "mark one")
    await owner.give(jid="romeo@localhost", affiliation="none")
    await asyncio.to_thread(person.shows, person.REMOVED)
    return refused + person.said()


async def played(test, server, make, scene):
    """What the screen shows at the end of a scene."""
    owner, juliet = await Owner.login(server, "nurse@localhost"), await Client.login(server, "juliet@localhost/balcony")
    person = make(test, server, "romeo")
    await asyncio.to_thread(person.login)
    shown = await scene(owner, juliet, person)
    person.child.kill()
    await owner.bye()
    await juliet.bye()
    return shown


RULES = [{"room": "{name}", "topic": "{name}", "who": {"read": "*", "write": "*"}}]


def ours(test, broker, make):
    if make is clients.Profanity:
        return Gateway(test, config={"brokers": {"main": {"url": broker.url}}, "rules": RULES})
    server = servers.Prosody(test, components={ROOMS: "secret"})
    (server.folder / "secret").write_text("secret")
    component = {"server": server.component_url, "domain": ROOMS, "secret_file": str(server.folder / "secret")}
    Gateway(test, config={"component": component, "brokers": {"main": {"url": broker.url}}, "rules": RULES}, listen=False)
    return server


# Prosody leaves the <x/> out of a refused join, and profanity takes itself for inside then: ejabberd is the model there.
MODELS = {moderator: servers.Prosody, visitor: servers.Prosody, password: servers.Ejabberd,
          members_only: servers.Ejabberd}


def options(parser):
    parser.add_argument("--models", action="store_true", help="show what is to be seen on the others' servers alone")
    parser.add_argument("--client", default="", help="Profanity or Poezio")


with Test(limit=200, options=options) as test:
    broker = Mosquitto(test)
    for make in (clients.Profanity, clients.Poezio):
        if test.options.client not in ("", make.__name__):
            continue
        for scene, model in MODELS.items():
            with test.case(f"{make.__name__} shows the same of a {scene.__name__} on ours as on {model.__name__}"):
                theirs = in_loop(played(test, model(test), make, scene))
                if test.options.models:
                    print(*theirs, sep="\n")
                    continue
                own = in_loop(played(test, ours(test, broker, make), make, scene))
                want(len(theirs) > 3, f"there is something to compare: {theirs}")
                want(theirs == own, "\n".join(difflib.unified_diff(theirs, own, model.__name__, "ours", lineterm="")))
