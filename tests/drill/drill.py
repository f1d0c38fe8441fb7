#!/usr/bin/env python3
"""Breaks pipelines on purpose, two at a time, and asserts that Alertmanager holds the right alert in time.

usage: drill.py [--list] [--record FILE] [FAULT...]
"""
import argparse
import concurrent.futures
import datetime
import os
import pathlib
import sys
import threading
import time
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import cluster  # noqa: E402
import faults  # noqa: E402
import runbooks  # noqa: E402
from alertmanager import alerts  # noqa: E402
from cluster import until  # noqa: E402
from shop import NAME, Shop  # noqa: E402

INTRODUCTION = """`make drill` breaks running pipelines on a real node, two at a time, and asks the real Alertmanager: the alert must be there within 60 s
(silent source and slow sink: after their threshold), name the stage, carry a remedy, the commands of its runbook must work, and it must end
after the repair, which may be what the runbook says. Scrapes and evaluations are 10 s apart. Runbooks that no fault leads to are rehearsed on a healthy pipeline, so that each of their
commands was run."""
REHEARSAL = "Rehearsal"
RESOLVE = 240  # seconds after the repair until the alert is gone
printing = threading.Lock()


def say(text):
    with printing:
        print(text, flush=True)


class Outcome:
    def __init__(self, name):
        self.name = name
        self.alert = self.seconds = self.resolved = None
        self.others = set()


def about(fault, space):
    """Labels that tell the alerts of this fault from the others: those of its pipeline, or of the operator."""
    return {"alertname": fault.alerts[0]} if fault.alone else {"namespace": space.name}


def follow(page, section, space, stage):
    broken = runbooks.run(page, section, space.name, NAME, stage)
    assert not broken, f"commands of the runbook failed: {broken}"


def drill(name):
    fault = faults.ALL[name]()
    outcome = Outcome(name)
    space = cluster.Namespace("drill-" + name.lower())
    space.create()
    if fault.own_database:
        cluster.on_host("dev/demo/namespace", space.name)
        space.dsn = f"postgresql://tidegate:tidegate-demo@postgres.{space.name}/warehouse"
        space.secret("warehouse", dsn=space.dsn, password="tidegate-demo")
    shop = Shop(space, fault.changes)
    try:
        fault.prepare(shop)
        time.sleep(fault.learns)  # healthy records, so that what is usual can be learned
        shop.wait_ready(60)
        before = alerts(**about(fault, space))
        assert not before, f"alerts while all is well: {before}"
        began = time.monotonic()
        fault.inject(shop)

        def come():
            now = alerts(**about(fault, space))
            outcome.others |= {(a["alertname"], a.get("stage", "")) for a, _ in now}
            return [(a, notes) for a, notes in now if a["alertname"] in fault.alerts and
                    (fault.stage is None or a.get("stage") == fault.stage)]

        try:
            [(labels, notes), *_] = until(f"one of {fault.alerts} about {fault.stage}", come, fault.deadline, every=1)
        except AssertionError as error:
            raise AssertionError(f"{error}; there were {outcome.others}")
        outcome.alert, outcome.seconds = labels["alertname"], time.monotonic() - began
        assert "Remedy" in notes["description"], notes
        page, stage = notes["runbook_url"].rsplit("/", 1)[1], labels.get("stage") or fault.stage or "pick"
        follow(page, "Diagnosis", space, stage)
        come()
        wrong = {(a, s) for a, s in outcome.others if fault.stage and s and s != fault.stage}
        assert not wrong, f"alerts about the wrong stage: {wrong}"
        began = time.monotonic()
        fault.repair(shop)
        follow(page, "Mitigation", space, stage)
        until(f"{outcome.alert} is resolved", lambda: not alerts(**{**about(fault, space), "alertname": outcome.alert}), RESOLVE, every=1)
        outcome.resolved = time.monotonic() - began
        if not fault.alone:
            shop.wait_ready(120)
    except Exception as error:
        raise AssertionError(f"{error}\n{space.describe()}")
    finally:
        shop.feed.stop()
        if not os.environ.get("KEEP"):
            space.delete()
    return outcome


def rehearse():
    """Runs what is left of the runbooks on a healthy pipeline; the pages that it took."""
    space = cluster.Namespace("drill-rehearsal")
    space.create()
    shop = Shop(space, {})
    pages = runbooks.left()
    try:
        for page, sections in pages.items():
            for section in sections:
                follow(page, section, space, "pick")
            shop.wait_ready(120)
    except Exception as error:
        raise AssertionError(f"{error}\n{space.describe()}")
    finally:
        shop.feed.stop()
        if not os.environ.get("KEEP"):
            space.delete()
    return ", ".join(page.removesuffix(".md") for page in pages)


def attempt_rehearsal():
    try:
        pages = rehearse()
    except Exception:
        say(f"FAIL {REHEARSAL}\n{traceback.format_exc(limit=3)}")
        return None
    say(f"ok   {REHEARSAL}: {pages}")
    return pages


def attempt(name):
    """One line about it, and the row for the report."""
    try:
        outcome = drill(name)
    except Exception:
        say(f"FAIL {name}: {faults.ALL[name].__doc__}\n{traceback.format_exc(limit=3)}")
        return None
    stages = ", ".join(sorted({a.removeprefix("Tidegate") + (f" ({s})" if s else "") for a, s in outcome.others}))
    say(f"ok   {name}: {outcome.alert} after {outcome.seconds:.0f} s, resolved {outcome.resolved:.0f} s after the repair; all: {stages}")
    return f"| {faults.ALL[name].__doc__} | `{outcome.alert}` | {outcome.seconds:.0f} s | {outcome.resolved:.0f} s | {stages} |"


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--list", action="store_true")
    arguments.add_argument("--record")
    arguments.add_argument("faults", nargs="*")
    wanted = arguments.parse_args()
    if wanted.list:
        print("\n".join([*faults.ALL, REHEARSAL]))
        return 0
    names = [n for n in wanted.faults or faults.ALL if n != REHEARSAL]
    cluster.on_host("dev/demo/namespace", cluster.SHARED)
    beside = [n for n in names if not faults.ALL[n].alone]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        rows = list(pool.map(attempt, beside))
    rows += [attempt(n) for n in names if n not in beside]
    if wanted.faults:
        runbooks.leave_out(fault.alerts[0] for fault in faults.ALL.values())  # those are for a run with the faults
    rehearsed = attempt_rehearsal() if not wanted.faults or REHEARSAL in wanted.faults else ""
    if wanted.record:
        today = datetime.date.today().isoformat()
        passed = sum(row is not None for row in rows)
        lines = ["# Fault drill", "", INTRODUCTION, "", f"Run of {today}: {passed} of {len(rows)} passed; rehearsed: {rehearsed or 'failed'}.", "",
                 "| fault | alert | received after | resolved after the repair | all alerts of the pipeline |", "|---|---|---|---|---|"]
        (cluster.ROOT / wanted.record).write_text("\n".join(lines + [r or "| failed |" for r in rows]) + "\n")
    results = rows + [rehearsed] * (rehearsed != "")
    failed = sum(result is None for result in results)
    print(f"{len(results) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
