"""What compare.py measures."""
import dataclasses

OURS = "mucbridge"


@dataclasses.dataclass(frozen=True)
class Figure:
    """One that bench_load prints. `least` and `most` are the aim, by itself or (`of`) as a multiple of ejabberd's."""
    name: str
    title: str
    least: float = 0
    most: float = 0
    of: str = ""

    @property
    def way(self):
        """Of which part of the run it is."""
        return next((way for way in ("rate_", "joining_") if self.name.startswith(way)),
                    "joining_" if self.name.startswith("joins_") else "")

    def judge(self, ours, ratio):
        wanted = self.least or self.most
        if not wanted:
            return ""
        value = ratio if self.of else ours
        aim = f"{'≥' if self.least else '≤'} {wanted:,g} {self.of}".rstrip()
        if value is None:
            return aim
        is_met = value >= wanted if self.least else value <= wanted
        return aim + (", met" if is_met else ", **not met**")


@dataclasses.dataclass(frozen=True)
class Row:
    name: str
    scenario: str
    rooms: int
    occupants: int
    title: str = ""
    figures: tuple = ()
    rate: float = 0
    qos: int = None
    window: int = 16
    once: bool = False     # one round: it hardly varies, or is of the plot alone
    is_slow: bool = False  # minutes, with a peer

    def options(self):
        """For bench_load."""
        words = ["--window", str(self.window)]
        if self.rate:
            words += ["--rate", str(self.rate)]
        if self.qos is not None:
            words += ["--qos", str(self.qos), "--prefix", "bench-"]
        return words

    def told(self):
        """The figures that are printed when they come in."""
        if self.figures:
            return [figure.name for figure in self.figures]
        return ["rss_kib_per_session"] if self.scenario == "idle" else ["delivered_per_cpu_second"]


def fan_out(rooms, occupants, rate, least):
    name = f"{rooms}x{occupants}"
    return Row(name, "lines", rooms, occupants, f"{rooms} x {occupants}", rate=rate, is_slow=occupants >= 1000, figures=(
        Figure("delivered_per_cpu_second", "deliveries per server CPU second", least=least, of="x ejabberd"),
        Figure("rate_p99_ms", f"p99 ms at {rate} lines/s", most=0.333, of="x ejabberd")))


def bridged(scenario, qos, least):
    return Row(f"{scenario}-{qos}", scenario, 1, 10, f"{scenario.replace('-', ' ')} of 10, QoS {qos}", qos=qos, window=256,
               figures=(Figure("lines_per_second", "lines per second", least=least),
                        Figure("lines_per_cpu_second", "lines per server CPU second"),
                        Figure("p99_ms", "p99 ms, 256 lines on their way")))


TABLE = [
    fan_out(1, 10, 200, 20), fan_out(1, 100, 40, 30), fan_out(1, 1000, 4, 15), fan_out(100, 10, 400, 8),
    Row("idle", "idle", 800, 10, "8000 sessions, rooms of 10", once=True, is_slow=True, figures=(
        Figure("rss_kib_per_session", "KiB a session (RSS)", most=8),
        Figure("pss_kib_per_session", "KiB a session (PSS)"))),
    Row("joins", "joins", 200, 10, "2000 sessions, rooms of 10", figures=(
        Figure("joins_per_second", "connects with join per second", least=5000),
        Figure("joins_per_cpu_second", "the same per server CPU second"))),
    bridged("to-topic", 0, 30000), bridged("to-topic", 1, 20000), bridged("to-room", 0, 30000), bridged("to-room", 1, 20000),
]

SWEEP = [Row(f"1x{n}", "lines", 1, n, once=True) for n in (3, 30, 300)] + \
        [Row(f"{n}x10", "lines", n, 10, once=True) for n in (3, 10, 30, 300)] + \
        [Row(f"idle-{n}", "idle", n // 10, 10, once=True) for n in (1000, 2000, 4000)]
