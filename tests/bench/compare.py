#!/usr/bin/env python3
"""mucbridge and its peers in turn on this machine: the server on one core, the load on another; a table of what each
does and how many times the other's that is. A line that is missing, comes twice or out of order ends it as failed.

Each measurement has a server of its own, freshly started, so that none meets what the one before left behind."""
import argparse
import contextlib
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile

import plot
from processes import SERVERS, Broker, Failure
from rows import OURS, SWEEP, TABLE

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCUMENTS = ROOT / "docs"
BEGIN, END = "<!-- figures: written by tests/bench/compare.py -->\n", "<!-- /figures -->\n"


def parse_arguments():
    names = [row.name for row in TABLE + SWEEP]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", nargs="+", metavar="ROW", choices=names, help="of " + ", ".join(names))
    parser.add_argument("--servers", nargs="+", metavar="SERVER", choices=SERVERS, help="of " + ", ".join(SERVERS))
    parser.add_argument("--rounds", type=int, default=3, help="figures are their medians [3]")
    parser.add_argument("--seconds", type=float, default=4, help="that lines are said, each way [4]")
    parser.add_argument("--quick", action="store_true", help="one round of a second, without the rows that take minutes")
    parser.add_argument("--sweep", action="store_true", help="the rows of the plot too, one round each")
    parser.add_argument("--publish", action="store_true", help="--sweep, and all into docs/performance.{md,svg,tsv}")
    parser.add_argument("--tsv", type=pathlib.Path, help="write every figure of every round there")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/bench", help="folder [build/bench]")
    parser.add_argument("--before", type=pathlib.Path, help="folder of an older build, to be compared too")
    parser.add_argument("--cores", nargs=2, default=["0", "1"], metavar=("SERVER", "LOAD"), help="[0 1]")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.rounds, arguments.seconds = 1, min(arguments.seconds, 1)
    arguments.sweep |= arguments.publish
    arguments.servers = [name for name in arguments.servers or SERVERS if name != "before" or arguments.before]
    return arguments


def choose_rows(arguments):
    if arguments.rows:
        return [row for row in TABLE + SWEEP if row.name in arguments.rows]
    rows = TABLE + (SWEEP if arguments.sweep else [])
    return [row for row in rows if not (arguments.quick and row.is_slow)]


def measure(row, name, arguments, folder):
    """The figures that bench_load prints, by name."""
    server_type, build = SERVERS[name], arguments.before if name == "before" else arguments.build
    server_core, load_core = arguments.cores
    is_alone = row.qos is None or server_type.scenario == "broker"
    with contextlib.nullcontext() if is_alone else Broker(folder / "broker", load_core) as broker, \
            server_type(folder / "server", row, broker, build.resolve(), server_core, load_core) as server:
        command = ["taskset", "-c", load_core, arguments.build / "tests/bench/bench_load", server.scenario or row.scenario,
                   "--server", f"127.0.0.1:{server.port}", "--pid", str(server.pid), "--rooms", str(row.rooms),
                   "--occupants", str(row.occupants), "--seconds", str(arguments.seconds), "--patience", "120",
                   "--broker", f"127.0.0.1:{(broker or server).port}", *row.options()]
        if broker:
            command += ["--broker-pid", str(broker.pid)]
        result = subprocess.run(command, capture_output=True, text=True, timeout=1800)
        if result.returncode != 0:
            raise Failure(f"{' '.join(map(str, command))}\n{result.stdout}{result.stderr}{server.log()}")
    return dict(line.split(maxsplit=1) for line in result.stdout.splitlines())


def measure_all(rows, arguments, figures):
    """Appends (row, server, round, figure, value), servers in turn: what the machine does otherwise hits all alike."""
    for row in rows:
        for number in range(1, (1 if row.once else arguments.rounds) + 1):
            for name in arguments.servers:
                if not SERVERS[name].has(row):
                    continue
                with tempfile.TemporaryDirectory(prefix="bench-") as folder:
                    found = measure(row, name, arguments, pathlib.Path(folder))
                figures += [(row.name, name, number, figure, value.strip()) for figure, value in found.items()]
                told = ", ".join(f"{figure} {found[figure]}" for figure in row.told())
                print(f"{row.name:<12} {name:<12} {number}: {told}", file=sys.stderr, flush=True)


def median(figures, row, server, figure):
    values = [value for at in figures for value in at[4:] if at[:2] == (row, server) and at[3] == figure]
    return statistics.median(map(float, values)) if values else None


def show(value):
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def table(figures, rows, servers):
    """In Markdown. In brackets: how many times that is what mucbridge has."""
    lines = [["", "", *servers, "aim", f"busy: {OURS}, load, broker"], ["---"] * 2 + ["---:"] * len(servers) + ["---"] * 2]
    for row in rows:
        for position, figure in enumerate(row.figures):
            values = {name: median(figures, row.name, name, figure.name) for name in servers}
            ours = values.get(OURS)
            ratios = {name: ours / value for name, value in values.items() if ours and value and not name.startswith(OURS)}
            cells = [show(values[name]) + (f" ({show(ratios[name])})" if name in ratios else "")
                     + (" †" if is_bound_by_load(figures, row, name, figure) else "") for name in servers]
            lines.append([row.title if position == 0 else "", figure.title, *cells,
                          figure.judge(ours, ratios.get("ejabberd")), busy(figures, row, figure)])
    return "".join("| " + " | ".join(cells) + " |\n" for cells in lines)


def is_bound_by_load(figures, row, server, figure):
    """Where the load hardly slept, a faster one would have got more out of the server."""
    return any(at[4] == "yes" for at in figures
               if at[:2] == (row.name, server) and at[3] == figure.way + "load_was_the_bound")


def busy(figures, row, figure):
    shares = [median(figures, row.name, OURS, figure.way + who + "_busy") for who in ("server", "load", "broker")]
    return ", ".join("-" if share is None else f"{share:.2f}" for share in shares)


def describe_machine():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    return f"{os.uname().sysname} {os.uname().machine}, {os.cpu_count()} cores, {model}"


def write_tsv(path, figures):
    with open(path, "w") as file:
        print(f"# {describe_machine()}", "row\tserver\tround\tfigure\tvalue", sep="\n", file=file)
        for entry in figures:
            print(*entry, sep="\t", file=file)


def publish(text, figures):
    document = DOCUMENTS / "performance.md"
    before, rest = document.read_text().split(BEGIN)
    document.write_text(before + BEGIN + text + END + rest.split(END)[1])
    write_tsv(DOCUMENTS / "performance.tsv", figures)
    (DOCUMENTS / "performance.svg").write_text(plot.draw(figures))


def main():
    arguments = parse_arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # unwinding ends the servers
    rows = choose_rows(arguments)
    load_before = os.getloadavg()[0]
    figures = []
    try:
        measure_all(rows, arguments, figures)
    except (Failure, subprocess.TimeoutExpired) as trouble:
        sys.exit(f"compare.py: failed: {trouble}")
    finally:
        if arguments.tsv:
            write_tsv(arguments.tsv, figures)
    shown = [row for row in rows if row.figures]
    text = (f"\n{describe_machine()}; load average before: {load_before:.2f}; medians of {arguments.rounds} rounds (idle: one).\n\n"
            + table(figures, shown, arguments.servers) + "\n")
    print(text)
    if arguments.publish:
        publish(text, figures)


if __name__ == "__main__":
    main()
