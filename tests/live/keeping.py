"""kill -9 of the gateway at any moment: what was answered, shown or acknowledged is there again, each line once, in order.

The moments are random: `--seed N` plays them again.
"""
import asyncio
import json
import random
import time

from harness import Child, Test, eventually, in_loop, want, want_equal
from house import (BY_FORM, BY_RULE, EVER, ORDINARY, TOPICS, House, affiliation, ask, options, question, subject, submit,
                   those_who_are)

BURST = 2000  # lines


async def comes_back(house, room):
    """[S7] and XEP-0045 §10: options, affiliations, subject, lines."""
    wanted = {"roomname": "The garden", "roomdesc": "Of an evening", "persistentroom": "1", "changesubject": "1",
              "moderatedroom": "1", "whois": "anyone", "maxusers": "50"}
    romeo = await house.enter("romeo", room)
    await ask(romeo, room, "set", submit(**wanted))
    await ask(romeo, room, "set", affiliation("juliet", "member"))
    await ask(romeo, room, "set", affiliation("paris", "outcast"))
    juliet = await house.enter("juliet", room)
    juliet.send_raw(f"<message to='{room}' type='groupchat'><subject>The balcony</subject></message>")
    said = []
    for n in range(30):
        said.append(f"line {n}")
        if n % 3 == 2:
            house.broker.publish(TOPICS[room], json.dumps({"body": said[-1], "id": said[-1]}) if room == BY_RULE else said[-1], "-q", "1")
        else:
            (romeo, juliet)[n % 3].say(room, said[-1])
        await juliet.heard(said[-1], room)
    before = await options(romeo, room)
    await romeo.until(lambda: house.gateway.status()["store"]["waiting_bytes"] == 0, "what was shown is archived")
    for round in range(2):
        house.restart()
        back = await house.enter("romeo", room, since=EVER)
        want_equal(back.bodies(room), said, "the lines on join, each once, in order")
        want(all(line.delayed for line in back.lines(room)), "they are history")
        want_equal(subject(back, room), "The balcony", "the subject")
        after = await options(back, room)
        want_equal(after, before, "the options")
        want_equal({name: after[name] for name in wanted}, wanted, "and they are those that were set")
        want("juliet@localhost" in await those_who_are(back, room, "member"), "the member")
        want_equal(await those_who_are(back, room, "outcast"), {"paris@localhost"}, "the outcast")
        if room == BY_FORM:
            want_equal(await those_who_are(back, room, "owner"), {"romeo@localhost"}, "the owner")
        want(not any(201 in s.statuses for s in back.seen), "it is no new room")
        shown = await house.enter("juliet", room)
        want_equal(shown.bodies(room), said[-20:], "as many as limits/history_lines to who asks for nothing")
        house.broker.publish(TOPICS[room], json.dumps({"body": "news", "id": f"news {round}"}) if room == BY_RULE else "news", "-q", "1")
        await back.heard("news", room)
        said.append("news")
        await romeo.until(lambda: house.gateway.status()["store"]["waiting_bytes"] == 0, "it is archived")


def want_kept(got, said, promised, where):
    """Each once, in the order in which they were said, and all that were promised."""
    want_equal(len(got), len(set(got)), f"{where}: no line twice: {[body for body in got if got.count(body) > 1][:5]}")
    want_equal(got, [body for body in said if body in set(got)], f"{where}: their order")
    missing = [body for body in said if body in promised and body not in set(got)]
    want(not missing, f"{where}: {len(missing)} of {len(promised)} lines were promised and are lost: {missing[:5]}")


async def spooled(house, dice):
    """[S6]: said while the broker is away, then the gateway is killed; published once both are back."""
    rooms = (BY_RULE, BY_FORM, ORDINARY)
    said, shown = {room: [] for room in rooms}, {room: set() for room in rooms}
    house.broker.stop()
    for life in range(3):
        talkers = {room: await house.enter("romeo", room) for room in rooms}
        if life == 0:
            await ask(talkers[BY_FORM], BY_FORM, "set", submit(persistentroom=1))
        for n in range(40):
            for room in rooms:
                said[room].append(f"spooled {life} {n}")
                talkers[room].say(room, said[room][-1])
        last = dice.choice(rooms)
        await talkers[last].heard(f"spooled {life} {dice.randrange(40)}", last)
        house.gateway.child.kill()
        for room in rooms:
            await talkers[room].until(lambda: talkers[room].ended, "the end of the stream")
            shown[room] |= set(talkers[room].bodies(room))
        house.gateway.start(ready=False)
    house.broker.start()
    code, _, errors = house.gateway.command("wait", "--timeout", "40")
    want(code == 0, f"ready again: {errors}")
    eventually(lambda: (s := house.gateway.status()["brokers"]["main"])["spooled"] == 0 and s["in_flight"] == 0, "the spool is drained")
    for topic in TOPICS.values():
        house.broker.publish(topic, json.dumps({"body": "end", "id": f"end {topic}"}), "-q", "1")
    for room in rooms:
        end = eventually(lambda: next((m for m in house.witness.messages() if m["topic"] == TOPICS[room] and '"end"' in m["payload"]),
                                      None), "the witness hears the end")
        published = house.witness.payloads(TOPICS[room])
        published = published[:published.index(end["payload"])]
        want_kept([json.loads(p)["body"] if p.startswith("{") else p for p in published], said[room], shown[room],
                  f"what was published to {TOPICS[room]}")
        if room != ORDINARY:
            reader = await house.enter("juliet", room, since=EVER)
            await reader.until(lambda: any("end" in body for body in reader.bodies(room)), "the end is heard")
            want_kept([b for b in reader.bodies(room) if b.startswith("spooled")], said[room], shown[room], f"the history of {room}")


async def echoed_without_id(house):
    """MQTT 3.1.1 with plain text has no place for an id: what came back of a spooled line is known by its journal."""
    romeo = await house.enter("romeo", BY_RULE)
    house.broker.stop()
    eventually(lambda: house.gateway.broker_state() != "up", "the gateway knows that the broker is away")
    said = [f"spooled {n}" for n in range(20)]
    for body in said:
        romeo.say(BY_RULE, body)
    await romeo.heard(said[-1], BY_RULE)
    house.broker.start()
    house.witness.wait(said[-1])
    romeo.say(BY_RULE, "after")
    await romeo.heard("after", BY_RULE)
    eventually(lambda: house.gateway.status()["store"]["waiting_bytes"] == 0, "all is written")
    house.restart()
    back = await house.enter("romeo", BY_RULE, since=EVER)
    back.say(BY_RULE, "last")
    await back.heard("last", BY_RULE)
    want_equal(back.bodies(BY_RULE), [*said, "after", "last"], "the history, each line once")


async def burst(house, dice, round):
    """[S7]: what publishers had acknowledged, and what occupants saw, while the gateway was killed in the midst of it."""
    romeo = await house.enter("romeo", BY_RULE)
    at, lines = len(romeo.seen), [f"burst {round} {n}" for n in range(BURST)]
    since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    feed = test.path("burst") / "lines"
    feed.write_text("".join(json.dumps({"body": line, "id": line}) + "\n" for line in lines))
    publisher = Child(["sh", "-c", f"exec mosquitto_pub -p {house.broker.port} -q 1 -l -t kept < {feed}"], feed.parent / "pub.log")
    said, enough = [f"mine {round} {n}" for n in range(60)], dice.randrange(BURST * 2 // 3)
    for line in said:
        romeo.say(BY_RULE, line)
        await asyncio.sleep(0.003)
        if len(romeo.seen) - at > enough:
            break
    await romeo.until(lambda: len(romeo.seen) - at > enough, "the burst is heard")
    house.gateway.child.kill()
    await romeo.until(lambda: romeo.ended, "the end of the stream")
    shown = {s.body for s in romeo.seen[at:] if s.body is not None}
    want_equal(publisher.wait(), 0, f"every line of the publisher is acknowledged: {publisher.text()}")
    house.gateway.start()
    house.broker.publish("kept", json.dumps({"body": f"end {round}", "id": f"end {round}"}), "-q", "1")
    reader = await house.enter("juliet", BY_RULE, since=since)
    await reader.heard(f"end {round}", BY_RULE)
    await asyncio.sleep(0.3)  # what comes a second time may come after the end
    got = reader.bodies(BY_RULE)
    want_kept([b for b in got if b.startswith(f"burst {round} ")], lines, set(lines), "the publisher's lines")
    want_kept([b for b in got if b.startswith(f"mine {round} ")], said, shown & set(said), "what the speaker saw")
    return sum(line in shown for line in lines)


async def changes(house, dice, round):
    """[S7]: a change whose answer came is there; one that was not answered is there whole, or not at all."""
    romeo = await house.enter("romeo", BY_FORM)
    if round == 0:
        await ask(romeo, BY_FORM, "set", submit(persistentroom=1))
    at, die_at, sent = len(romeo.seen), time.monotonic() + dice.uniform(0.02, 0.5), 0
    while time.monotonic() < die_at:
        number = f"{round}-{sent}"
        romeo.send_raw(question(BY_FORM, "set", submit(roomdesc=number, roomname=number), f"options {number}"))
        romeo.send_raw(question(BY_FORM, "set", affiliation(f"user-{number}", "member"), f"right {number}"))
        romeo.send_raw(f"<message to='{BY_FORM}' type='groupchat' id='subject {number}'><subject>{number}</subject></message>")
        sent += 1
        await asyncio.sleep(dice.uniform(0, 0.01))
    house.gateway.child.kill()
    await romeo.until(lambda: romeo.ended, "the end of the stream")
    want(not [s for s in romeo.seen[at:] if s.error], f"nothing is refused: {romeo.errors()[:2]}")
    answered = {s.id for s in romeo.seen[at:] if s.kind == "iq" and s.type == "result"}
    subjects = [int(s.subject.partition("-")[2]) for s in romeo.seen[at:] if s.subject]
    house.gateway.start()
    back = await house.enter("romeo", BY_FORM)
    after = await options(back, BY_FORM)
    want_equal(after["persistentroom"], "1", "it stays persistent")

    def want_reached(value, least, what):
        of, _, number = (value or "").partition("-")
        reached = int(number) if of == str(round) else -1
        want(least <= reached < sent, f"{what}: {least} was answered, of {sent}; {value!r} is there")

    want_equal(after["roomname"], after["roomdesc"], "a form is there whole, or not at all")
    want_reached(after["roomname"], max((n for n in range(sent) if f"options {round}-{n}" in answered), default=-1), "options")
    want_reached(subject(back, BY_FORM), max(subjects, default=-1), "subject")
    members = await those_who_are(back, BY_FORM, "member")
    lost = [n for n in range(sent) if f"right {round}-{n}" in answered and f"user-{round}-{n}@localhost" not in members]
    want(not lost, f"members that were answered and are lost: {lost}")
    return len(answered)


def seeded(parser):
    parser.add_argument("--seed", type=int, default=int(time.time()) % 100000, help="of the moments at which it is killed")


with Test(limit=280, options=seeded) as test:
    print(f"seed {test.options.seed}", flush=True)
    dice = random.Random(test.options.seed)
    for room, why in ((BY_RULE, "its rule"), (BY_FORM, "its owner's form")):
        with test.case(f"a room that is persistent by {why} comes back as it was"):
            in_loop(comes_back(House(test), room))
    with test.case("what was said while the broker was away is published after kill -9, once, in order [S6]"):
        in_loop(spooled(House(test), dice))
    with test.case("and a line that came back without an id is not said again"):
        in_loop(echoed_without_id(House(test, "mqtt-3.1.1")))
    with test.case("what was acknowledged to the broker or shown is in the history after kill -9, once [S7]"):
        house = House(test)
        heard = [in_loop(burst(house, dice, round)) for round in range(6)]
        print(f"      lines of {BURST} that were shown before the end: {heard}")
    with test.case("a change that was answered is there after kill -9"):
        house = House(test)
        print(f"      changes answered before the end: {[in_loop(changes(house, dice, round)) for round in range(8)]}")
