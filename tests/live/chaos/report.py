"""The checker's verdict in words, short where all is well."""
import collections
import statistics

from checker import AROUND, KINDS

MOST = 8  # findings of a kind that are told one by one


def numbers(ledger, verdict):
    """What is added up over seeds."""
    lines = ledger.lines.values()
    return {
        "sent": len(ledger.lines),
        "acknowledged": sum(line.acknowledged_at is not None and not line.refused for line in lines),
        **{kind: verdict.count(kind) for kind in KINDS},
        "troubles": len(ledger.troubles),
        "refused": sum(bool(line.refused) for line in lines),
        "not confirmed": sum(line.not_confirmed for line in lines),
        "seen": verdict.observed,
        "compared": verdict.compared,
        "faults": sum(fault.disturbs for fault in ledger.faults),
        "client faults": sum(not fault.disturbs for fault in ledger.faults),
    }


def is_good(totals):
    return not any(totals[kind] for kind in (*KINDS, "troubles"))


def print_numbers(name, totals):
    print(f"{name}: " + ", ".join(f"{value} {key}" for key, value in totals.items()), flush=True)


def faults_near(ledger, at):
    near = [fault for fault in ledger.faults if fault.disturbs and fault.start - AROUND <= at <= (fault.end or at) + AROUND]
    return "; ".join(f"{fault.kind} ({fault.target}) {fault.start - ledger.started:.2f}"
                     f"-{(fault.end or fault.start) - ledger.started:.2f}" for fault in near) or "none"


def breaks_near(ledger, finding):
    for observer in ledger.observers:
        if observer.name == finding.where and observer.room == finding.room:
            return "; ".join(f"{what} {at - ledger.started:.2f}" for at, what in observer.breaks
                             if abs(at - finding.at) < 2 * AROUND)
    return ""


def print_findings(ledger, kind, findings):
    by_place = collections.Counter((finding.room, finding.where) for finding in findings)
    print(f"  {kind}: {len(findings)}")
    for (room, where), count in by_place.most_common(6):
        print(f"    {count} in {room}, {where}")
    for finding in sorted(findings, key=lambda each: each.at)[:MOST]:
        print(f"    {finding.line} in {finding.room}, said at {finding.at - ledger.started:.3f}, {finding.where}: {finding.detail}")
        print(f"      faults near: {faults_near(ledger, finding.at)}")
        if breaks := breaks_near(ledger, finding):
            print(f"      this observer: {breaks}")


def print_recovery(ledger):
    kinds = collections.defaultdict(list)
    counts = collections.Counter(fault.kind for fault in ledger.faults)
    for fault in ledger.faults:
        if fault.disturbs and fault.end and fault.settled:
            kinds[fault.kind].append(fault.settled - fault.end)
    words = []
    for kind, count in counts.most_common():
        times = kinds.get(kind)
        notes = collections.Counter(fault.note for fault in ledger.faults if fault.kind == kind and fault.note)
        words.append(f"{count} {kind}" + "".join(f", {often} {note}" for note, often in notes.items()) + (f" (well again after {statistics.median(times):.1f} s, at most {max(times):.1f})" if times else ""))
    print("  faults: " + ", ".join(words))


def print_seed(plan, ledger, verdict):
    settings, totals = plan.settings, numbers(ledger, verdict)
    print(f"seed {settings.seed}: {settings.gateways} gateways, {settings.rooms} rooms ({len(plan.persistent)} persistent), "
          f"{settings.protocol}, QoS {settings.qos}, {settings.rate:g} lines/s for {settings.seconds:g} s"
          + (", a small spool" if plan.spool_is_small else "") + (", the broker is killed" if settings.broker_kill else ""))
    print_numbers("  " + ("ok" if is_good(totals) else "FAIL"), totals)
    print_recovery(ledger)
    reasons = collections.Counter(line.refused for line in ledger.lines.values() if line.refused)
    for reason, count in reasons.most_common(4):
        print(f"  refused {count}: {reason}")
    for name, findings in verdict.apart.items():
        if findings:
            print(f"  apart, {name}: {len(findings)}")
    for at, text in ledger.troubles[:MOST]:
        print(f"  trouble at {at - ledger.started:.2f}: {text}")
    for kind in KINDS:
        findings = [finding for finding in verdict.counted if finding.kind == kind]
        if findings:
            print_findings(ledger, kind, findings)
    return totals
