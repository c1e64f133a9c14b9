#!/usr/bin/python3
"""What it costs to have lines on disk: mucbridge under store/durability power, process, and without a disk, taking turns.

`spool`: the broker is away, and each line is on disk before it is shown. `archive`: the broker is up (in-process), the
rooms are persistent, and what they say is archived beside its being shown. Closed loops of ROOMS rooms of 10, 16 lines of
each on their way; the state directories are made in --folder, whose disk is what is measured. By hand:

    tests/bench/durability.py --build build/bench --folder /var/tmp
"""
import argparse
import json
import pathlib
import shutil
import signal
import statistics
import subprocess
import tempfile
import time

from processes import accepts, free_port

MODES = ("power", "process", "none")


def configuration(situation, mode, port, state):
    # A port that nobody listens on: the broker is away from the start.
    url = f"mqtt://127.0.0.1:{free_port()}" if situation == "spool" and mode != "none" else "memory:"
    config = {"listen": [f"xmpp://127.0.0.1:{port}"], "state": str(state), "log": {"level": "error"}, "loops": 1,
              "brokers": {"main": {"url": url, "queue_lines": 10000000, "queue_bytes": 1 << 30}},
              "rules": [{"room": "{name}", "topic": "{name}", "persistent": situation == "archive" and mode != "none"}],
              "limits": {"lines_in_flight_per_room": 100000}}
    if mode != "none":
        config["store"] = {"durability": mode}
    return config


def measure(options, situation, mode):
    """Lines a second."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="durability-", dir=options.folder))
    port = free_port()
    (folder / "bridge.json").write_text(json.dumps(configuration(situation, mode, port, folder / "state")))
    gateway = subprocess.Popen([options.build / "mucbridge", "run", "-c", folder / "bridge.json"])
    try:
        end = time.monotonic() + 30
        while not accepts(port) and time.monotonic() < end:
            time.sleep(0.1)
        load = subprocess.run([options.build / "tests/bench/bench_load", "lines", "--server", f"127.0.0.1:{port}",
                               "--rooms", str(options.rooms), "--occupants", "10", "--window", "16",
                               "--seconds", str(options.seconds), "--pid", str(gateway.pid)],
                              capture_output=True, text=True, check=False)
        figures = dict(line.split()[:2] for line in load.stdout.splitlines() if len(line.split()) >= 2)
        if load.returncode != 0:
            raise SystemExit(f"{situation} {mode}: {load.stdout}{load.stderr}")
        return float(figures["lines_per_second"])
    finally:
        gateway.send_signal(signal.SIGKILL)
        gateway.wait()
        shutil.rmtree(folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default="build/bench")
    parser.add_argument("--folder", default=tempfile.gettempdir())
    parser.add_argument("--rooms", type=int, default=10)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    for situation in ("spool", "archive"):
        found = {mode: [] for mode in MODES}
        for _ in range(options.rounds):
            for mode in MODES:
                found[mode].append(measure(options, situation, mode))
        least = {mode: statistics.median(figures) for mode, figures in found.items()}
        for mode in MODES:
            print(f"{situation:8} {mode:8} {least[mode]:9.0f} lines a second, {least[mode] / least['none']:.2f} of none;"
                  f" of {[round(figure) for figure in found[mode]]}", flush=True)


if __name__ == "__main__":
    main()
