"""What a seed says: who is where, who says what when, and what goes wrong. Nothing else decides anything at random."""
import dataclasses
import itertools
import math
import random

# kind: how often, and for how long it lasts.
FAULTS = {
    "kill -9 of a gateway": (4, (0.0, 1.5)),
    "end of a gateway": (2, (0.0, 1.0)),
    "restart of the broker": (3, (0.0, 0.3)),
    "broker away": (2, (1.0, 8.0)),
    "gateway stopped": (2, (0.5, 4.0)),
    "broker stopped": (2, (0.5, 4.0)),
    "cut": (4, (0.0, 2.5)),
    "delay": (2, (1.0, 4.0)),
    "half-open": (2, (0.5, 6.0)),
}
BROKER_KILL = "kill -9 of the broker"
OF_BROKER = {"restart of the broker", "broker away", "broker stopped", BROKER_KILL}
HISTORY = 5000      # lines that a room gives to who asks for everything
LONG = (60, 300)


@dataclasses.dataclass
class Settings:
    seed: int
    seconds: float = 60
    gateways: int = 0     # 0: as the seed says, and so on
    rooms: int = 0
    qos: int = 0
    protocol: str = ""
    rate: float = 0       # lines a second, all writers together
    broker_kill: bool = False
    faults: str = ""      # only those whose kind has one of these words, divided by commas; "none"
    queue_lines: int = 0
    streams: bool = False  # of RabbitMQ, which all gateways read


@dataclasses.dataclass
class Writer:
    number: int
    kind: str             # as in ledger.Line
    room: str
    gateway: int | None


@dataclasses.dataclass
class Planned:
    at: float
    kind: str
    target: int           # of a gateway, or of a writer
    seconds: float


@dataclasses.dataclass
class Plan:
    settings: Settings
    rooms: list
    persistent: set
    by_form: set          # of those: by their owner's form, the others by a rule
    writers: list
    lines: list           # (at, writer's number, number, padding)
    faults: list
    spool_is_small: bool


def make_plan(asked):
    dice = random.Random(asked.seed)
    settings = dataclasses.replace(asked)
    draws = dice.random(), dice.random(), dice.random(), dice.random()
    settings.gateways = asked.gateways or 1 + int(draws[0] * 3)
    settings.qos = asked.qos or (1 if draws[1] < 0.7 else 2)
    settings.protocol = asked.protocol or ("mqtt-5" if draws[2] < 0.75 else "mqtt-3.1.1")
    settings.rate = asked.rate or 300
    settings.rooms = asked.rooms or max(3, 1 + math.ceil(settings.rate * settings.seconds * 1.2 / HISTORY))
    spool_is_small = bool(asked.queue_lines) or draws[3] < 0.2
    settings.queue_lines = asked.queue_lines or (60 if spool_is_small else 100000)
    rooms = [f"room{index}" for index in range(settings.rooms)]
    persistent = set(rooms[:-1] or rooms)
    writers = make_writers(settings, rooms)
    return Plan(settings, rooms, persistent, set(rooms[1:-1:2]), writers, make_lines(settings, writers, dice),
                make_faults(settings, writers, dice), spool_is_small)


def make_writers(settings, rooms):
    """Every room has two talkers at every gateway and two publishers at the broker."""
    numbers = itertools.count(1)
    writers = []
    for room in rooms:
        for gateway in range(settings.gateways):
            writers += [Writer(next(numbers), "managed", room, gateway), Writer(next(numbers), "plain", room, gateway)]
        writers += [Writer(next(numbers), "named", room, None), Writer(next(numbers), "nameless", room, None)]
    return writers


def make_lines(settings, writers, dice):
    """Each writer at a pace of its own, with a burst now and then."""
    lines = []
    weights = [dice.uniform(0.5, 1.5) for _ in writers]
    for writer, weight in zip(writers, weights):
        pace = settings.rate * weight / sum(weights)
        at, number = dice.uniform(0, 1), 0
        while at < settings.seconds:
            burst = dice.randint(5, 25) if dice.random() < 0.02 else 1
            for _ in range(burst):
                padding = "x" * (dice.choice(LONG) if dice.random() < 0.2 else dice.randint(0, 20))
                lines.append((at, writer.number, number, padding))
                number += 1
            at += burst * dice.expovariate(pace)
    return sorted(lines)


def make_faults(settings, writers, dice):
    kinds = dict(FAULTS)
    if settings.broker_kill:
        kinds[BROKER_KILL] = (6, (0.0, 1.0))
    chosen = [word.strip() for word in settings.faults.split(",") if word.strip()]
    if chosen:
        kinds = {kind: facts for kind, facts in kinds.items() if any(word in kind for word in chosen)}
    names, weights = list(kinds), [weight for weight, _ in kinds.values()]
    faults, at = [], 2.0 + dice.uniform(0, 1)
    last = settings.seconds - 3
    while names and at < last:
        kind = dice.choices(names, weights)[0]
        seconds = dice.uniform(*kinds[kind][1])
        faults.append(Planned(at, kind, dice.randrange(settings.gateways), seconds))
        # Most faults find everything healed, some come while another one lasts.
        at += dice.uniform(0.3, 1.5) if dice.random() < 0.25 else seconds + dice.uniform(1.5, 4.5)
    talkers = [writer.number for writer in writers if writer.gateway is not None]
    at = 1.5
    while settings.faults != "none" and (not chosen or "client" in settings.faults) and at < last:
        slow = dice.random() < 0.25
        faults.append(Planned(at, "slow client" if slow else "client cut", dice.choice(talkers), dice.uniform(1, 5) if slow else 0))
        at += dice.expovariate(1 / 1.5)
    return sorted(faults, key=lambda fault: fault.at)
