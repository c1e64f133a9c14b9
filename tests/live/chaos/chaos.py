"""Nothing lost, nothing twice, one order, whatever dies: faults at random, and counts.

    chaos.py --binary build/release/mucbridge --seed 7 --seconds 60     one run; the same seed is the same run again
    chaos.py --binary build/release/mucbridge --seeds 1-30              many, with their sum
    chaos.py --binary ... --seeds 1-5 --broker-kill                     mosquitto dies by kill -9 too: scored apart

How to read what it prints. A seed is "ok" where all of these are 0:
  lost                an acknowledged line that is not where it belongs: on its topic, in every gateway's history of a persistent
                      room, with everybody who was in such a room since before it was said. Acknowledged: its speaker saw it, or
                      XEP-0198's h counts it; the broker took it, if it was published there.
  twice               live twice to one observer, or under two ids
  order               a writer's lines not in the writer's order, at some observer
  common order        two observers saw two lines in different orders, in calm times (SOON, in checker.py)
  refused but shown   a line that its speaker was told will never appear
  troubles            a process that died of itself or did not end, a place that did not come to rest
"apart" is what nobody promises: lines of rooms that live with their process missed by who was put out of it, a line without an
id that the broker delivered twice, a line that a client said again because its session died with the gateway before it was told,
what mosquitto lost at kill -9. "compared" is how many lines the common order was checked on, "seen" how often a line was seen.
Each finding tells room, writer, number, when (in seconds from the start), who observed it, and the faults around that time.
With --keep the folder of a failed seed (logs, state, configuration) stays, with its ledger, pickled.
"""
import argparse
import asyncio
import collections
import os
import pickle
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

import report
from checker import check
from plan import Settings, make_plan
from world import World


def read_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=os.environ.get("BINARY", "build/release/mucbridge"))
    parser.add_argument("--seed", type=int)
    parser.add_argument("--seeds", help="FIRST-LAST, or numbers divided by commas")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--gateways", type=int, default=0, choices=range(0, 4))
    parser.add_argument("--rooms", type=int, default=0)
    parser.add_argument("--qos", type=int, default=0, choices=(0, 1, 2), help="0: as the seed says")
    parser.add_argument("--protocol", default="", choices=("", "mqtt-5", "mqtt-3.1.1", "amqp-0-9-1", "amqp-1.0"))
    parser.add_argument("--streams", action="store_true", help="all gateways read one stream; with amqp-0-9-1")
    parser.add_argument("--rate", type=float, default=300, help="lines a second, all writers together")
    parser.add_argument("--queue-lines", type=int, default=0, help="the spool's size; 0: as the seed says")
    parser.add_argument("--faults", default="", help="words of the kinds wanted, divided by commas; 'none'")
    parser.add_argument("--broker-kill", action="store_true")
    parser.add_argument("--keep", type=Path, help="where failed seeds leave their logs")
    parser.add_argument("--slow", type=float, default=1, help="how many times slower the binary is than usual")
    return parser.parse_args()


def seeds_of(options):
    if options.seed is not None:
        return [options.seed]
    words = options.seeds or "1-3"
    if "-" in words:
        first, last = words.split("-")
        return range(int(first), int(last) + 1)
    return [int(word) for word in words.split(",")]


def settings_of(options, seed):
    return Settings(seed, options.seconds, options.gateways, options.rooms, options.qos, options.protocol,
                    options.rate / options.slow, options.broker_kill, options.faults, options.queue_lines, options.streams)


def play(options, seed):
    plan = make_plan(settings_of(options, seed))
    folder = Path(tempfile.mkdtemp(prefix="mucbridge-chaos-"))
    began = time.monotonic()
    try:
        world = World(plan, Path(options.binary).resolve(), folder)
        ledger = asyncio.run(world.play())
        verdict = check(ledger)
        totals = report.print_seed(plan, ledger, verdict)
        print(f"  took {time.monotonic() - began:.0f} s", flush=True)
        if options.keep and not report.is_good(totals):
            kept = options.keep / f"seed-{seed}"
            shutil.rmtree(kept, ignore_errors=True)
            shutil.copytree(folder, kept, ignore=shutil.ignore_patterns("*.sock"))
            (kept / "ledger.pickle").write_bytes(pickle.dumps((plan, ledger)))
            print(f"  kept in {kept}")
        return totals
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main():
    options = read_options()
    if not Path(options.binary).exists():
        sys.exit(f"{options.binary} does not exist; --binary says where the gateway is")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the folder goes too
    sums, bad = collections.Counter(), []
    seeds = seeds_of(options)
    for seed in seeds:
        totals = play(options, seed)
        sums.update(totals)
        if not report.is_good(totals):
            bad.append(seed)
    if len(seeds) > 1:
        report.print_numbers(f"{len(seeds)} seeds", sums)
    if bad:
        print(f"failed: seeds {', '.join(map(str, bad))}")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
