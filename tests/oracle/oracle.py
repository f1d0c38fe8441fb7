"""Plays the cases of tests/sql on real workers and a real Kafka, and compares with one DuckDB batch; called by tests/oracle/run.

usage: oracle.py KAFKA BIN [--list] [--seed S] [--sample N] [--jobs N] [--record FILE] [--net] [TEXT...]
"""
import argparse
import concurrent.futures
import dataclasses
import datetime
import pathlib
import random
import signal
import sys
import threading

import cases
import examples
from broker import Kafka
from play import Play, Player

HERE = pathlib.Path(__file__).resolve().parent
printing = threading.Lock()
stopping = threading.Event()  # what has begun is played to its end, the rest is not
# Mistakes that tests/worker/faulty_worker.cpp makes, and what must be found: rows that are missing, rows that are there twice.
FAULTS = {"commit-before-produce": ("at-least-once", "missing"), "offset-off-by-one": ("exactly-once", "repeated")}


def say(text):
    with printing:
        print(text, flush=True)


def plays(seed):
    """Each case at rest and rough, with kills and rescales; of those that are brief every other one rough.
    Partitions, order and delivery take turns, so that all that can go together does in some case."""
    for number, case in enumerate([*cases.everything(), *examples.everything()]):
        for rough in (False, True) if not case.brief else (number % 2 == 1,):
            turn = number + rough
            several = rough or turn % 2
            alone = len(case.stages) == 1
            yield Play(case, partitions=3 if several and not case.one_partition else 1, most=(3 if alone else 2) if rough else 1 + (turn % 2 if alone else 0),
                       shuffled=turn // 2 % 2 == 0, delivery="exactly-once" if (turn // 4 + rough) % 2 or case.twins else "at-least-once", rough=rough,
                       seed=f"{seed}/{case.name}/{rough}")


def row(play, outcome):
    order = "shuffled" if play.shuffled else "in order"
    return (f"| {play.case.name} | {play.case.windows} | {play.partitions} | {outcome.replicas} | {order} | {play.delivery} | {outcome.kills} | "
            f"{outcome.rescales} | {outcome.rows:,} | {'equal' if not outcome.problem else outcome.problem.replace('|', '/').split(' [')[0]} |")


def attempt(kafka, play, programs):
    if stopping.is_set():
        return None
    outcome = Player(kafka, play, programs / "worker/tidegate-worker").run()
    say(f"{'FAIL' if outcome.problem else 'ok  '} {play}: {outcome.kills} kills, {outcome.rescales} rescales, {outcome.rows} rows in "
        f"{outcome.seconds:.0f} s{': ' + outcome.problem if outcome.problem else ''}")
    return outcome


def catch(kafka, play, programs, fault):
    """Whether a worker with a mistake is found out, by its rows."""
    delivery, found = FAULTS[fault]
    faulty = dataclasses.replace(play, delivery=delivery, rough=True)
    outcome = Player(kafka, faulty, programs / "tests/worker/tidegate-faulty-worker", fault).run()
    caught = outcome.compared and found in outcome.problem
    say(f"{'ok  ' if caught else 'FAIL'} the net: {fault} in {faulty}: {outcome.problem or 'not found'}")
    return caught


def report(path, seed, lines, wanted):
    now = datetime.datetime.now(datetime.timezone.utc)
    outcomes = [outcome for _, outcome in lines]
    good = sum(not outcome.problem for outcome in outcomes)
    stopped = f" (stopped before the other {wanted - len(lines)})" if len(lines) < wanted else ""
    head = (f"Run of {now:%Y-%m-%d %H:%M} UTC, seed {seed}: {good} of {len(lines)} plays equal{stopped}; {sum(o.kills for o in outcomes)} kills, "
            f"{sum(o.rescales for o in outcomes)} rescales, {sum(o.rows for o in outcomes):,} rows compared.")
    table = ["| case | window | partitions | replicas | order | delivery | kills | rescales | rows compared | result |",
             "|---|---|---|---|---|---|---|---|---|---|", *(row(*line) for line in lines)]
    pathlib.Path(path).write_text((HERE / "introduction.md").read_text() + "\n" + head + "\n\n" + "\n".join(table) + "\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("kafka")
    parser.add_argument("programs", type=pathlib.Path)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--seed", default=str(random.randrange(10**6)))
    parser.add_argument("--sample", type=int)
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("--record")
    parser.add_argument("--net", action="store_true", help="that a faulty worker is found out, too")
    parser.add_argument("texts", nargs="*")
    wanted = parser.parse_intermixed_args()
    chosen = [p for p in plays(wanted.seed) if not wanted.texts or any(text in str(p) for text in wanted.texts)]
    if wanted.sample and wanted.sample < len(chosen):
        chosen = random.Random(wanted.seed).sample(chosen, wanted.sample)
    chosen.sort(key=lambda play: play.case.brief)  # the more telling ones first
    if wanted.list:
        print(*chosen, sep="\n")
        return 0
    say(f"seed {wanted.seed} (again: --seed {wanted.seed})")
    kafka = Kafka(wanted.kafka)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    with concurrent.futures.ThreadPoolExecutor(wanted.jobs) as pool:
        nets = []
        if wanted.net:
            example = next(p for p in plays(wanted.seed) if p.rough and p.case.name == "streamed/row-wise: decimals")
            nets = [pool.submit(catch, kafka, example, wanted.programs, fault) for fault in FAULTS]
        outcomes = list(pool.map(lambda play: attempt(kafka, play, wanted.programs), chosen))
        caught = [future.result() for future in nets]
    lines = [(play, outcome) for play, outcome in zip(chosen, outcomes) if outcome]
    if wanted.record:
        report(wanted.record, wanted.seed, lines, len(chosen))
    failed = sum(bool(outcome.problem) for _, outcome in lines) + caught.count(False)
    passed = len(lines) + len(caught) - failed
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
