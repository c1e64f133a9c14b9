"""What happened, written down while it does: lines, who saw which of them when, faults. No judgement: that is checker.py's.

A line is known by its writer and its number, which its body begins with: "w3 n17 ...". Times are time.monotonic().
"""
import dataclasses
import re

WORDS = re.compile(r"w(\d+) n(\d+)\b")


@dataclasses.dataclass(slots=True)
class Line:
    writer: int
    number: int
    room: str
    kind: str                  # "managed", "plain" (XMPP, with and without XEP-0198), "named", "nameless" (MQTT, with an id and without)
    gateway: int | None        # where it was said; None: published at the broker
    sent_at: float
    acknowledged_at: float | None = None
    acknowledged_by: str = ""  # "reflected", "counted" (XEP-0198 h), "taken" (PUBACK, PUBCOMP)
    refused: str = ""          # why, where it was
    not_confirmed: bool = False
    repeats: int = 0           # how often its writer sent it again, in a new session or to a broker that came back

    @property
    def name(self):
        return f"w{self.writer} n{self.number}"

    @property
    def is_published(self):
        """By a foreign publisher."""
        return self.gateway is None


@dataclasses.dataclass(slots=True)
class Sight:
    writer: int
    number: int
    at: float
    live: bool      # not from a room's history
    id: str         # the room's stanza-id, the topic's mucbridge-id

    @property
    def line(self):
        return self.writer, self.number


@dataclasses.dataclass
class Observer:
    name: str
    room: str
    kind: str                      # "occupant", "late" (the whole history, at the end), "topic"
    gateway: int | None = None
    inside_at: float | None = None  # since when it should have seen everything; None: it never was
    is_back: bool = True            # at the end
    sights: list = dataclasses.field(default_factory=list)
    breaks: list = dataclasses.field(default_factory=list)  # (when, what): connections lost, resumptions, rejoins


@dataclasses.dataclass
class Fault:
    kind: str
    target: str
    start: float
    end: float | None = None       # healed, as far as whoever injected it can tell
    settled: float | None = None   # every gateway ready, and nothing waits
    disturbs: bool = True          # more than the one client that it befalls
    note: str = ""

    @property
    def ends_process(self):
        return self.kind.startswith(("kill -9", "end of"))


class Ledger:
    def __init__(self, protocol="mqtt-5", streams=False):
        self.protocol, self.streams = protocol, streams
        self.lines = {}
        self.observers = []
        self.faults = []
        self.unsettled = []       # [since, until]: some gateway was not ready, or something waited at it
        self.persistent = set()   # rooms
        self.troubles = []        # (when, text): what must not happen and is no line's: a process that died, no quiet at the end
        self.strange = 0          # bodies that nobody sent
        self.started = 0.0
        self.broker_was_killed = False

    def send(self, line):
        known = self.lines.get((line.writer, line.number))
        if known:
            known.repeats += 1
            return known
        self.lines[line.writer, line.number] = line
        return line

    def observe(self, **facts):
        self.observers.append(Observer(**facts))
        return self.observers[-1]

    def see(self, observer, body, at, live, id):
        """Returns the line, or None where it is no line of ours."""
        found = WORDS.match(body)
        if not found:
            self.strange += 1
            return None
        sight = Sight(int(found[1]), int(found[2]), at, live, id)
        observer.sights.append(sight)
        line = self.lines.get(sight.line)
        if line is None:
            self.strange += 1
        return line

    def acknowledge(self, writer, number, at, by):
        line = self.lines.get((writer, number))
        if line and line.acknowledged_at is None:
            line.acknowledged_at, line.acknowledged_by = at, by

    def refuse(self, writer, number, why):
        line = self.lines.get((writer, number))
        if line:
            line.refused = line.refused or why

    def fault(self, kind, target, now, disturbs=True):
        self.faults.append(Fault(kind, target, now, disturbs=disturbs))
        return self.faults[-1]
