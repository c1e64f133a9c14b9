"""A broker that is absent, comes and goes, or refuses: nobody loses a line in silence, and everybody is told why."""
import asyncio
import json
import signal
from pathlib import Path

from harness import Client, Failure, Gateway, Mosquitto, Test, eventually, free_port, in_loop, want, want_equal

ROOM, TOPIC = "foo.bar@rooms.localhost", "foo/bar"


def config(url, protocol="", **more):
    broker = {"url": url, **({"protocol": protocol} if protocol else {}), **more}
    return {"brokers": {"main": broker}, "rules": [{"room": "{name}", "topic": "{name}"}]}


async def absent_at_start(test):
    port = free_port()
    gateway = Gateway(test, config=config(f"mqtt://127.0.0.1:{port}"), ready=False)
    want_equal(gateway.status()["ready"], False, "ready without a broker")
    romeo, juliet = await Client.login(gateway, "romeo@localhost"), await Client.login(gateway, "juliet@localhost")
    await romeo.join(ROOM, "Romeo", patience=5)
    await juliet.join(ROOM, "Juliet", patience=5)
    for n in range(3):
        romeo.say(ROOM, f"waiting {n}")
    for client in (romeo, juliet):
        await client.heard("waiting 2", ROOM)
    await romeo.until(lambda: romeo.notices(ROOM), "the speaker is told that the line is kept")
    want_equal(gateway.status()["brokers"]["main"]["spooled"], 3, "on disk")
    want_equal(len(romeo.notices(ROOM)), 1, f"one notice for one outage: {romeo.notices(ROOM)}")
    broker = Mosquitto(test, port=port, start=False)
    broker.start()
    sub = broker.subscribe(TOPIC)
    want(eventually(lambda: len(sub.payloads()) >= 3, "the lines are published", 60), "")
    broker.publish(TOPIC, "end")
    for client in (romeo, juliet):
        await client.heard("end", ROOM)
        want_equal(client.bodies(ROOM), ["waiting 0", "waiting 1", "waiting 2", "end"], "once and in order")
    sub.wait_for(4)
    want_equal(sub.payloads(), ["waiting 0", "waiting 1", "waiting 2", "end"], "what was published")
    want_equal(gateway.status()["ready"], True, "ready with a broker")
    await romeo.bye()
    await juliet.bye()


async def comes_and_goes(test, protocol, payload, how):
    """The broker dies in mid-conversation and is started again: nothing is lost, and nothing said twice [S1] [S4]."""
    broker = Mosquitto(test, extra=["persistence false"])
    rules = [{"room": "{name}", "topic": "{name}", "payload": payload}]
    gateway = Gateway(test, config={**config(broker.url, protocol), "rules": rules})
    romeo, juliet = await Client.login(gateway, "romeo@localhost"), await Client.login(gateway, "juliet@localhost")
    await romeo.join(ROOM, "Romeo")
    await juliet.join(ROOM, "Juliet")
    said = []

    async def talk(count):
        for _ in range(count):
            for speaker in (romeo, juliet):
                said.append(f"line {len(said)} of {speaker.boundjid.user}")
                speaker.say(ROOM, said[-1])
            await asyncio.sleep(0.02)

    await talk(20)
    broker.kill() if how == "kill" else broker.stop()
    await talk(20)
    await asyncio.sleep(0.5)
    await talk(5)
    broker.start()
    await talk(20)
    for client in (romeo, juliet):
        try:
            await client.until(lambda: set(client.bodies(ROOM)) >= set(said), "every line is heard", patience=60)
        except Failure:
            missing = [body for body in said if body not in client.bodies(ROOM)]
            raise Failure(f"{client.boundjid.user} never heard {missing} of {len(said)}: {gateway.status()}") from None
    romeo.say(ROOM, "the end")
    for client in (romeo, juliet):
        await client.heard("the end", ROOM)
        got = client.bodies(ROOM)
        want_equal(len(got), len(set(got)), f"{client.boundjid.user} heard no line twice")
        for name in ("romeo", "juliet"):
            want_equal([b for b in got if b.endswith(f" of {name}")], [b for b in said if b.endswith(f" of {name}")],
                       f"the order of {name}'s own lines [S3]")
    want_equal(romeo.bodies(ROOM), juliet.bodies(ROOM), "one order for both [S3]")
    want(not romeo.errors() and not juliet.errors(), f"no errors: {romeo.errors()} {juliet.errors()}")
    await romeo.bye()
    await juliet.bye()


async def bad_password(test):
    broker = Mosquitto(test, users={"gateway": "right"})
    url = f"mqtt://gateway@127.0.0.1:{broker.port}"
    gateway = Gateway(test, config=config(url, password_file=str(secret(test, "wrong"))), ready=False)
    status = eventually(lambda: (s := gateway.status()) and s["brokers"]["main"].get("reason") and s, "a reason")
    reason = status["brokers"]["main"]["reason"].lower()
    want(any(word in reason for word in ("password", "authori", "credential")), f"the reason is in words: {reason}")
    want("wrong" not in gateway.log(), "no secret in the log")
    code, _, errors = gateway.command("wait", "--timeout", "1")
    want_equal(code, 75, f"exit code of wait: {errors}")
    romeo = await Client.login(gateway, "romeo@localhost")
    await romeo.join(ROOM, "Romeo", patience=8)
    await romeo.bye()


def secret(test, word):
    path = test.path("secret") / "password"
    path.write_text(word + "\n")
    path.chmod(0o600)
    return path


def with_acl(test, acl, protocol):
    """A gateway as user `gateway` on a broker with this ACL, and an `admin` who may do everything."""
    acl = f"user gateway\ntopic readwrite mucbridge/#\n{acl}\nuser admin\ntopic readwrite #\n"
    broker = Mosquitto(test, users={"gateway": "right", "admin": "admin"}, acl=acl)
    url = f"mqtt://gateway@127.0.0.1:{broker.port}"
    return broker, Gateway(test, config=config(url, protocol, password_file=str(secret(test, "right"))))


ADMIN = ("-u", "admin", "-P", "admin")


async def publish_refused(test, protocol):
    broker, gateway = with_acl(test, "topic read foo/bar", protocol)
    romeo, juliet = await Client.login(gateway, "romeo@localhost"), await Client.login(gateway, "juliet@localhost")
    await romeo.join(ROOM, "Romeo")
    await juliet.join(ROOM, "Juliet")
    sent = romeo.say(ROOM, "not for you")
    if protocol == "mqtt-5":
        error = await romeo.until(lambda: next(iter(romeo.errors()), None), "the refusal reaches the speaker [S5]")
        want_equal((error.kind, error.type, error.id), ("message", "error", sent), "an error stanza for that line")
        want(error.error and error.error_text, f"with a condition and words: {error}")
    else:
        await romeo.until(lambda: romeo.notices(ROOM), "the speaker is told 'not confirmed' [S5]")
        want("confirm" in romeo.notices(ROOM)[0], f"in those words: {romeo.notices(ROOM)}")
        want(not romeo.errors(), "a notice is no error: the line may yet appear")
    broker.publish(TOPIC, "end", *ADMIN)
    for client in (romeo, juliet):
        await client.heard("end", ROOM)
        want_equal(client.bodies(ROOM), ["end"], "nobody sees what the broker refused [S5]")
    want_equal(juliet.errors(), [], "no errors for the others")
    await romeo.bye()
    await juliet.bye()


async def subscription_refused(test, protocol):
    """mosquitto's dynamic security answers a subscription with a refusal; its ACL file would grant and stay silent."""
    allowed = dict.fromkeys(("publishClientSend", "publishClientReceive", "subscribe", "unsubscribe"), True)
    security = test.path("security") / "security.json"
    security.write_text(json.dumps({
        "defaultACLAccess": allowed, "anonymousGroup": "all", "clients": [],
        "groups": [{"groupname": "all", "roles": [{"rolename": "not-all"}]}],
        "roles": [{"rolename": "not-all", "acls": [
            {"acltype": "subscribePattern", "topic": "secret/#", "priority": 1, "allow": False}]}]}))
    plugin = next(Path("/usr/lib").glob("*/mosquitto_dynamic_security.so"))
    broker = Mosquitto(test, extra=[f"plugin {plugin}", f"plugin_opt_config_file {security}"])
    gateway = Gateway(test, config=config(broker.url, protocol))
    romeo = await Client.login(gateway, "romeo@localhost")
    error = await romeo.refused_join("secret.plan@rooms.localhost", "Romeo")
    want(error.error_text and "secret/plan" in error.error_text, f"the join error says what was refused: {error}")
    await romeo.join(ROOM, "Romeo")
    romeo.say(ROOM, "here it works")
    await romeo.heard("here it works", ROOM)
    want_equal(gateway.status()["rooms"], 1, "rooms after a refused join")
    await romeo.bye()


async def never_delivers(test, protocol):
    """A subscription that is granted and never delivers, by an ACL file: the room does not fall silent [S5]."""
    broker, gateway = with_acl(test, "topic write foo/bar\ntopic readwrite open", protocol)
    romeo = await Client.login(gateway, "romeo@localhost")
    await romeo.join(ROOM, "Romeo")
    for n in range(3):
        romeo.say(ROOM, f"unread {n}")
    await romeo.until(lambda: len(romeo.bodies(ROOM)) == 3 or romeo.notices(ROOM), "said anyway, or told [S5]", 40)
    if protocol == "mqtt-5":
        await romeo.until(lambda: len(romeo.bodies(ROOM)) == 3, "what the broker has is said without its echo", 40)
    await romeo.join("open@rooms.localhost", "Romeo")
    romeo.say("open@rooms.localhost", "here it works")
    await romeo.heard("here it works", "open@rooms.localhost")
    await romeo.bye()


async def queue_full(test):
    port = free_port()
    gateway = Gateway(test, config=config(f"mqtt://127.0.0.1:{port}", queue_lines=5), ready=False)
    romeo = await Client.login(gateway, "romeo@localhost")
    await romeo.join(ROOM, "Romeo", patience=8)
    sent = [romeo.say(ROOM, f"line {n}") for n in range(8)]
    await romeo.until(lambda: len(romeo.errors()) >= 3, "what does not fit is refused")
    want_equal([e.id for e in romeo.errors()], sent[5:], "the refused lines")
    for error in romeo.errors():
        want_equal((error.error, error.error_type), ("resource-constraint", "wait"), "the condition")
    await romeo.heard("line 4", ROOM)
    broker = Mosquitto(test, port=port)
    eventually(lambda: gateway.status()["brokers"]["main"]["spooled"] == 0, "the rest is published", 60)
    romeo.say(ROOM, "and on")
    await romeo.heard("and on", ROOM)
    want_equal(romeo.bodies(ROOM), [f"line {n}" for n in range(5)] + ["and on"], "the rest comes, in order")
    want(broker.child.running(), "the broker is well")
    await romeo.bye()


async def truthful_status(test):
    """The retained status topic: online while it is, offline by itself or by its will when it is not."""
    broker = Mosquitto(test)
    gateway = Gateway(test, config=config(broker.url, status_topic="well/being"))
    want("online" in (broker.retained("well/being") or ""), "online while it runs")
    want_equal(gateway.stop(), 0, "exit code")
    want("offline" in (broker.retained("well/being") or ""), "offline after a clean end")
    gateway.start()
    eventually(lambda: "online" in (broker.retained("well/being") or ""), "online again")
    gateway.child.signal(signal.SIGKILL)
    eventually(lambda: "offline" in (broker.retained("well/being") or ""), "offline by the will after kill -9")


with Test(limit=400) as test:
    with test.case("a broker that is absent at the start: lines are shown when they are on disk, and published when it comes"):
        in_loop(absent_at_start(test))
    for protocol in ("mqtt-5", "mqtt-3.1.1"):
        for how in ("kill", "stop"):
            with test.case(f"{how} and start of the broker in mid-conversation, {protocol}, nothing lost, nothing twice"):
                in_loop(comes_and_goes(test, protocol, "text" if protocol == "mqtt-5" else "json", how))
    with test.case("a broker that refuses the password"):
        in_loop(bad_password(test))
    for protocol in ("mqtt-5", "mqtt-3.1.1"):
        with test.case(f"a broker that refuses the publication, {protocol} [S5]"):
            in_loop(publish_refused(test, protocol))
        with test.case(f"a broker that never delivers what it granted, {protocol}"):
            in_loop(never_delivers(test, protocol))
        with test.case(f"a broker that refuses the subscription, {protocol}: the join error says so"):
            in_loop(subscription_refused(test, protocol))
    with test.case("a full queue refuses with resource-constraint"):
        in_loop(queue_full(test))
    with test.case("the retained status topic tells the truth"):
        in_loop(truthful_status(test))
