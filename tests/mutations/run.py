#!/usr/bin/python3
"""Are the promises of docs/delivery.md tested? Breaks each in turn (mutations.py), and says which test noticed.

    tests/mutations/run.py                    all, in a copy of the sources in build/mutations; half an hour; by hand
    tests/mutations/run.py --only journal     those whose name has the word

The quick tests first; where they notice nothing, those with real brokers. "NOT NOTICED" is what is missing in the tests, and
makes the exit code 1. It needs what scripts/test.sh installs.
"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys

from mutations import MUTATIONS

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGETS = ("mucbridge", "test_muc", "test_gateway", "test_store", "test_mapping", "scenes")
QUICK = ("test_muc", "test_gateway", "test_store", "test_mapping")
LIVE = (("resumption.py",), ("keeping.py", "--seed", "1"), ("kill_at_write.py", "--seed", "1"), ("disks.py",),
        ("pressure.py",), ("chaos/chaos.py", "--seeds", "1-2", "--qos", "1", "--seconds", "25"))


def run(*words, patience=300, **more):
    """What it said where it failed; else nothing."""
    try:
        done = subprocess.run([str(word) for word in words], capture_output=True, text=True, errors="replace", timeout=patience,
                              check=False, **more)
        return done.stdout + done.stderr if done.returncode else ""
    except subprocess.TimeoutExpired:
        return f"no end within {patience} s"


class Copy:
    def __init__(self, folder):
        self.folder, self.build = folder, folder / "build"
        folder.mkdir(parents=True, exist_ok=True)
        for part in ("src", "tests", "scripts", "CMakeLists.txt", "CMakePresets.json"):
            if (ROOT / part).is_dir():
                shutil.copytree(ROOT / part, folder / part, dirs_exist_ok=True)
            else:
                shutil.copy2(ROOT / part, folder / part)
        trouble = run("cmake", "--preset", "debug", "-DCMAKE_CXX_FLAGS_DEBUG=-O0", "-DMUCBRIDGE_UNITY=ON", "-B", self.build, cwd=folder) or self.make()
        if trouble:
            sys.exit(trouble)

    def make(self):
        return run("cmake", "--build", self.build, "-j2", "--target", *TARGETS, patience=3600)

    def noticed(self, live):
        """By which test, and in which words."""
        for test in QUICK:
            said = run(self.build / "tests" / test)
            if said:
                name = re.search(r"TEST CASE:\s+(.*)", said)
                return f"{test}: {name[1] if name else said[-200:]}"
        for scene in sorted((self.folder / "tests/scenes").glob("*.scene")):
            said = run(self.build / "tests/scenes/scene_runner", scene, patience=30)
            if said:
                return f"scene {scene.stem}: {said.strip().splitlines()[-1][:200]}"
        for script, *words in LIVE if live else ():
            said = run("/usr/bin/python3", self.folder / "tests/live" / script, "--binary", self.build / "mucbridge", *words,
                       cwd=self.folder)
            if said:
                found = re.search(r"^(FAIL .*|seed .*(?:lost|twice|order).*)$", said, re.M)
                return f"{script}: {(found[1] if found else said[-300:])[:240]}"
        return ""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="a word of the names wanted")
    parser.add_argument("--quick", action="store_true", help="without those with real brokers")
    parser.add_argument("--folder", type=pathlib.Path, default=ROOT / "build/mutations")
    options = parser.parse_args()
    os.nice(5)
    copy, missed = Copy(options.folder.resolve()), 0
    if trouble := copy.noticed(not options.quick):
        sys.exit(f"as it is, before anything is broken: {trouble}")
    for mutation in MUTATIONS:
        if options.only not in mutation.name:
            continue
        file = copy.folder / mutation.file
        text = file.read_text()
        if text.count(mutation.old) != 1:
            sys.exit(f"{mutation.name}: {mutation.file} has these words {text.count(mutation.old)} times:\n{mutation.old}")
        file.write_text(text.replace(mutation.old, mutation.new))
        try:
            trouble = copy.make()
            by = f"DOES NOT COMPILE: {trouble[-1500:]}" if trouble else copy.noticed(not options.quick)
        finally:
            file.write_text(text)
        missed += not by or by.startswith("DOES NOT")
        print(f"[{mutation.promise}] {mutation.name}\n    {by or 'NOT NOTICED'}", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
