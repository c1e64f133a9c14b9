"""Our rooms, Prosody's and ejabberd's: one script is played on each, and what they do differently is held against
muc_differences.txt, where every difference is with the clause of XEP-0045 that decides it.

`--only prosody,ejabberd` plays on some alone and prints their differences; `--write` brings the file up to date, with a
"?" where a clause is wanted, which fails the test until there is one."""
import collections
import re
from pathlib import Path

import servers
from harness import Gateway, Test, in_loop, want
from muc_script import SCENES
from muc_stage import Stage

LISTED = Path(__file__).with_name("muc_differences.txt")
PLAYERS = ("romeo", "juliet", "mercutio", "tybalt", "juliet/b")


def ours(test):
    return Gateway(test,
                   config={"brokers": {"main": {"url": "memory:"}}, "rules": [{"room": "{name}", "topic": "{name}"}]})


HOUSES = {"ours": ours, "prosody": servers.Prosody, "ejabberd": servers.Ejabberd}


async def played(server, scenes):
    stage = Stage(server)
    await stage.cast(*PLAYERS)
    for scene in scenes:
        await scene(stage)
    await stage.close()
    return stage.steps


def differences(records):
    """By step, the lines that not all have in common: {step: [(who has it, line)]}."""
    found = {}
    for step in next(iter(records.values())):
        by_house = {house: collections.Counter(steps[step]) for house, steps in records.items()}
        lines = {line: [house for house in records if by_house[house][line]]
                 for count in by_house.values() for line in count}
        odd = [(",".join(who), line) for line, who in lines.items()
               if len({by_house[house][line] for house in records}) > 1]
        if not odd:
            orders = {house: [f"{line}" for line in steps[step]] for house, steps in records.items()}
            if len({tuple(order) for order in orders.values()}) > 1:
                odd = [(house, "in the order: " + "; ".join(order)) for house, order in orders.items()]
        if odd:
            found[step] = sorted(odd, key=lambda o: (o[1].partition(":")[0], -len(o[0]), o[0], o[1]))
    return found


def read_listed():
    """The file: "= step", then "  who | line", then "  > the clause and what it says"."""
    listed, verdicts, step = {}, {}, None
    for line in LISTED.read_text().splitlines() if LISTED.exists() else ():
        if line.startswith("= "):
            step = line[2:]
            listed[step], verdicts[step] = [], []
        elif line.startswith("  > "):
            verdicts[step].append(line[4:])
        elif " | " in line:
            who, _, words = line.strip().partition(" | ")
            listed[step].append((who.strip(), words))
    return listed, verdicts


HEADER = """# Where our rooms differ from Prosody's (0.12) and ejabberd's (23.01), or those from each other, in the steps of
# muc_script.py, and what XEP-0045 says. A line belongs to the servers named before it; what all have in common is left out.
# `muc_compare.py` fails where this is not what happens; `muc_compare.py --write` rewrites all but the lines with ">".
"""


def write_listed(found, verdicts):
    text = HEADER
    for step, lines in found.items():
        text += f"\n= {step}\n" + "".join(f"  {who:<16} | {line}\n" for who, line in lines)
        text += "".join(f"  > {words}\n" for words in verdicts.get(step) or ["?"])
    LISTED.write_text(text)


def options(parser):
    parser.add_argument("--only", help="some of " + ",".join(HOUSES))
    parser.add_argument("--scenes", default="", help="names of scenes; all where there are none")
    parser.add_argument("--write", action="store_true", help="bring muc_differences.txt up to date")
    parser.add_argument("--record", action="store_true", help="print all that was received")


with Test(limit=200, options=options) as test:
    names = test.options.only.split(",") if test.options.only else list(HOUSES)
    scenes = [s for s in SCENES if not test.options.scenes or s.__name__ in test.options.scenes.split(",")]
    records = {}
    for name in names:
        with test.case(f"the script is played on {name}"):
            records[name] = in_loop(played(HOUSES[name](test), scenes))
            print(f"      {len(records[name])} steps")
    if test.options.record:
        for step in next(iter(records.values())):
            for name, steps in records.items():
                print(f"= {name}: {step}", *steps[step], sep="\n    ")
    found = differences(records) if len(records) == len(names) else {}
    if test.options.only or test.options.scenes:
        for step, lines in found.items():
            print(f"= {step}", *(f"  {who:<16} | {line}" for who, line in lines), sep="\n")
        print(f"{len(found)} steps differ")
    elif len(records) == len(names):
        listed, verdicts = read_listed()
        if test.options.write:
            write_listed(found, verdicts)
            listed, verdicts = read_listed()
        with test.case(f"the three differ where muc_differences.txt says, in {len(listed)} of {len(records['ours'])} steps"):
            for step in {**listed, **found}:
                new, old = found.get(step, []), listed.get(step, [])
                for who, line in new:
                    if (who, line) not in old:
                        print(f"      not listed: {step}\n        {who} | {line}")
                for who, line in old:
                    if (who, line) not in new:
                        print(f"      listed, and no more: {step}\n        {who} | {line}")
            want(found == listed, "muc_differences.txt is not what happens")
        with test.case("every difference has the clause that decides it"):
            without = [step for step in listed if not re.search(r"§|XEP-|RFC", " ".join(verdicts[step]))]
            want(not without, f"without a clause: {without}")
