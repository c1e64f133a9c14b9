"""Judges a ledger; pure. What counts, and what is told apart because nobody promised it.

Counted: an acknowledged line that an observer who should have it never saw; a line twice; a writer's lines not in their
order; observers who do not agree on an order in calm times; a line that was refused, or of nobody, and is shown all the same.
"""
import bisect
import collections
import dataclasses

SOON = 1.5    # s from said to seen, for the common order
AROUND = 5.0  # s around a finding, in which faults are told


@dataclasses.dataclass
class Finding:
    kind: str        # "lost", "twice", "order", "common order", "refused but shown"
    room: str
    line: str
    at: float        # when it was said
    where: str       # the observer
    detail: str = ""


@dataclasses.dataclass
class Verdict:
    counted: list = dataclasses.field(default_factory=list)
    apart: dict = dataclasses.field(default_factory=lambda: collections.defaultdict(list))
    compared: int = 0  # lines whose common order was looked at
    observed: int = 0  # sights

    def count(self, kind):
        return sum(finding.kind == kind for finding in self.counted)


KINDS = ("lost", "twice", "order", "common order", "refused but shown")


def check(ledger):
    verdict = Verdict()
    by_room = collections.defaultdict(list)
    for observer in ledger.observers:
        by_room[observer.room].append(observer)
    for room, observers in by_room.items():
        lines = [line for line in ledger.lines.values() if line.room == room]
        check_losses(ledger, verdict, room, lines, observers)
        for observer in observers:
            verdict.observed += len(observer.sights)
            check_copies(ledger, verdict, observer)
            check_writers_order(ledger, verdict, observer)
        check_common_order(ledger, verdict, room, observers)
    if ledger.broker_was_killed:
        # What mosquitto acknowledged and did not write is gone, and nobody's who was told that it has it.
        verdict.apart["lost with the broker's kill -9"] += [f for f in verdict.counted if f.kind == "lost"]
        verdict.counted = [f for f in verdict.counted if f.kind != "lost"]
    return verdict


def is_kept(line):
    """Acknowledged, and so to be found wherever it belongs."""
    if line.acknowledged_at is None or line.refused:
        return False
    return not line.not_confirmed or line.acknowledged_by == "reflected"


def check_losses(ledger, verdict, room, lines, observers):
    is_persistent = room in ledger.persistent
    kept = [line for line in lines if is_kept(line)]
    for observer in observers:
        seen = {sight.line for sight in observer.sights}
        for line in kept:
            if (line.writer, line.number) in seen or not is_due(line, observer):
                continue
            detail = f"acknowledged ({line.acknowledged_by}) after {line.acknowledged_at - line.sent_at:.3f} s" + \
                (f", sent again {line.repeats} times" if line.repeats else "")
            finding = Finding("lost", room, line.name, line.sent_at, observer.name, detail)
            if observer.kind == "occupant" and not is_persistent:
                verdict.apart["not seen in a room that lives with its process"].append(finding)
            elif ledger.protocol == "amqp-1.0" and observer.gateway is not None and line.gateway != observer.gateway:
                # RabbitMQ's plugin has no durable topic sources: what others publish while a link is away goes to nobody.
                verdict.apart["published while a link was away (AMQP 1.0)"].append(finding)
            else:
                verdict.counted.append(finding)


def is_due(line, observer):
    if observer.kind == "topic":
        return True
    if observer.kind == "late":
        return True
    return observer.is_back and observer.inside_at is not None and line.sent_at > observer.inside_at


def is_ordered_apart(ledger, one, other):
    """Each gateway has a queue of its own, and so has the witness, and RabbitMQ orders each by itself; a stream is for all
    gateways, if not for the witness."""
    if not ledger.protocol.startswith("amqp") or one.gateway == other.gateway:
        return False
    return not ledger.streams or "topic" in (one.kind, other.kind)


def check_copies(ledger, verdict, observer):
    copies = collections.defaultdict(list)
    for sight in observer.sights:
        copies[sight.line].append(sight)
    for key, sights in copies.items():
        line = ledger.lines.get(key)
        if line is None:
            verdict.counted.append(Finding("refused but shown", observer.room, f"w{key[0]} n{key[1]}", sights[0].at,
                                           observer.name, "nobody sent it"))
            continue
        if line.refused and not line.repeats and not line.refused.startswith("shown here"):
            verdict.counted.append(Finding("refused but shown", observer.room, line.name, line.sent_at, observer.name, line.refused))
        if len(sights) == 1:
            continue
        ids = {sight.id for sight in sights}
        lives = sum(sight.live for sight in sights)
        detail = f"{lives} times live, ids {' '.join(sorted(ids))}, seen at " + \
            ", ".join(f"+{sight.at - line.sent_at:.3f}{'' if sight.live else ' (history)'}" for sight in sights[:5])
        finding = Finding("twice", observer.room, line.name, line.sent_at, observer.name, detail)
        if observer.kind == "topic":
            # S1: again with the same id, where the connection died before the broker settled it.
            if len(ids) == 1 and line.kind != "nameless":
                verdict.apart["published again under the same id"].append(finding)
                continue
            lives = 1
        if len(ids) == 1 and lives < 2:
            continue
        if line.kind == "nameless":
            verdict.apart["without an id, as often as the broker delivers it"].append(finding)
        elif observer.room not in ledger.persistent and observer.kind == "occupant" and has_forgotten(ledger, observer, sights):
            verdict.apart["seen again in a room that lives with its process"].append(finding)
        elif line.repeats and not line.is_published and len(ids) > 1:
            verdict.apart["said again by its speaker, whose session was gone"].append(finding)
        else:
            verdict.counted.append(finding)


def has_forgotten(ledger, observer, sights):
    """Did the gateway begin anew between the first and the last sight?"""
    return any(fault.target == f"g{observer.gateway}" and fault.ends_process and
               sights[0].at < fault.start + SOON and fault.start < sights[-1].at for fault in ledger.faults)


def first_sights(observer):
    seen = set()
    for sight in observer.sights:
        if sight.line not in seen:
            seen.add(sight.line)
            yield sight


def check_writers_order(ledger, verdict, observer):
    """As few lines as explain it are out of order: the one that overtook a hundred, and not the hundred."""
    by_writer = collections.defaultdict(list)
    for sight in first_sights(observer):
        by_writer[sight.writer].append(sight)
    for sights in by_writer.values():
        in_order = longest_rise([sight.number for sight in sights])
        before = None
        for place, sight in enumerate(sights):
            if place not in in_order:
                line = ledger.lines.get(sight.line)
                verdict.counted.append(Finding(
                    "order", observer.room, f"w{sight.writer} n{sight.number}", line.sent_at if line else sight.at, observer.name,
                    f"after {f'n{before}' if before is not None else 'nothing'}, {'live' if sight.live else 'history'}, id {sight.id}"))
            before = sight.number


def longest_rise(numbers):
    """The places of a longest rising subsequence."""
    ends, tails, earlier = [], [], []  # the number and the place that end the best of each length; whom a place follows
    for place, number in enumerate(numbers):
        length = bisect.bisect_left(ends, number)
        earlier.append(tails[length - 1] if length else None)
        if length == len(ends):
            ends.append(number)
            tails.append(place)
        else:
            ends[length], tails[length] = number, place
    places, place = set(), tails[-1] if tails else None
    while place is not None:
        places.add(place)
        place = earlier[place]
    return places


class Calm:
    """The times at which nothing was wrong that concerns more than one client."""

    def __init__(self, ledger):
        spans = [(fault.start - SOON, (fault.settled or float("inf")) + 0.5)
                 for fault in ledger.faults if fault.disturbs]
        spans += [(since - SOON, until + 0.5) for since, until in ledger.unsettled]
        self.starts, self.ends = [], []
        for start, end in sorted(spans):
            if self.ends and start <= self.ends[-1]:
                self.ends[-1] = max(self.ends[-1], end)
            else:
                self.starts.append(start)
                self.ends.append(end)

    def __contains__(self, at):
        place = bisect.bisect_right(self.starts, at) - 1
        return place < 0 or at > self.ends[place]


def check_common_order(ledger, verdict, room, observers):
    """S3, over lines that both of two observers saw within SOON in calm times."""
    calm = Calm(ledger)
    sequences = []
    for observer in observers:
        if observer.kind == "late":
            continue
        soon = []
        for sight in first_sights(observer):
            line = ledger.lines.get(sight.line)
            if line and sight.live and not line.repeats and sight.at - line.sent_at <= SOON and line.sent_at in calm:
                soon.append(sight.line)
        sequences.append((observer, soon))
    verdict.compared += len(set().union(*(soon for _, soon in sequences))) if sequences else 0
    for index, (observer, soon) in enumerate(sequences):
        rank = {key: place for place, key in enumerate(soon)}
        for other, theirs in sequences[index + 1:]:
            latest, latest_key = -1, None
            for key in theirs:
                place = rank.get(key)
                if place is None:
                    continue
                if place < latest:
                    line = ledger.lines[key]
                    finding = Finding("common order", room, line.name, line.sent_at, other.name,
                                      f"after w{latest_key[0]} n{latest_key[1]}, and before it for {observer.name}")
                    if is_ordered_apart(ledger, observer, other):
                        verdict.apart["another order in another queue (AMQP)"].append(finding)
                    else:
                        verdict.counted.append(finding)
                else:
                    latest, latest_key = place, key
