#!/usr/bin/env python3
"""How long records wait, and what is repeated, while the workers of a processor come, go, restart and crash, with each of
Kafka's two group protocols at the same time over the same records.

usage: measure.py KAFKA_BIN WORKER BOOTSTRAP [ROUNDS [DELIVERY]]      DELIVERY: at-least-once or exactly-once
Prints one Markdown row per protocol, phase and round. Age: append time in the output topic minus the time at which the
record was handed to the producer, so it includes the producer's few milliseconds; with exactly-once readers wait for the
commit on top of it. Lives: how often workers began anew with new clients. Missing: records without a row yet at the end.
"""
import collections
import json
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time

PARTITIONS, RATE, STEADY, SETTLE = 12, 300, 5, 15  # records/s, s, s
LAST = 1  # s of each phase that do not count: what is under way then waits for what the next phase does
PROTOCOLS = ("classic", "consumer")
bin_dir, worker, bootstrap = sys.argv[1:4]
rounds = int(sys.argv[4]) if len(sys.argv) > 4 else 3
delivery = sys.argv[5] if len(sys.argv) > 5 else "at-least-once"


def tool(name, *arguments):
    return [f"{bin_dir}/{name}", "--bootstrap-server", bootstrap, *arguments]


class Feed(threading.Thread):
    """Writes RATE numbered records a second until told to stop, on the clock's schedule."""

    def __init__(self, topic):
        super().__init__(daemon=True)
        self.process = subprocess.Popen(
            tool("kafka-console-producer.sh", "--topic", topic, "--property", "parse.key=true",
                 "--property", "key.separator=|", "--producer-property", "linger.ms=5",
                 "--message-send-max-retries", "1000000"),
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        self.sent, self.stopping = 0, False

    def run(self):
        begin = time.time()
        while not self.stopping:
            due, now = int((time.time() - begin) * RATE), int(time.time() * 1000)
            for n in range(self.sent, due):
                self.process.stdin.write(f'{n % 997}|{{"n":{n},"t":{now}}}\n')
            self.process.stdin.flush()
            self.sent = max(self.sent, due)
            time.sleep(0.01)
        self.process.stdin.close()
        self.process.wait()


class Worker:
    def __init__(self, name, protocol, number):
        self.directory = tempfile.TemporaryDirectory()
        self.config = pathlib.Path(self.directory.name, "stage.json")
        self.config.write_text(json.dumps(settings(name, protocol)))
        self.number = number
        self.start()

    def start(self):
        with open(f"{self.directory.name}/log", "a") as log:
            self.process = subprocess.Popen([worker, "run", "--config", str(self.config)], stdout=log, stderr=log,
                                            env={**os.environ, "POD_NAME": f"worker-{self.number}"})

    def end(self, number):
        self.process.send_signal(number)

    def restart(self, number, pause):
        self.end(number)
        self.process.wait(60)
        time.sleep(pause)
        self.start()

    def lives(self):
        return pathlib.Path(self.directory.name, "log").read_text().count("the stage starts again")


def settings(name, protocol):
    fields = [{"name": "n", "type": "BIGINT", "required": True}, {"name": "t", "type": "BIGINT", "required": True}]
    return {"namespace": "bench", "pipeline": "rescale", "stage": "copy", "kind": "processor", "delivery": delivery,
            "kafka": {"bootstrapServers": bootstrap, "groupProtocol": protocol}, "group": f"{name}-{protocol}",
            "start": "earliest", "metricsPort": 0, "input": {"topic": f"{name}-in", "fields": fields},
            "output": {"topic": f"{name}-{protocol}-out"}, "deadLetters": {"topic": f"{name}-{protocol}-dead"},
            "sql": {"query": f'SELECT n, t FROM "{name}-in"'}}


def create(topic, partitions):
    subprocess.run(tool("kafka-topics.sh", "--create", "--topic", topic, "--partitions", str(partitions),
                        "--config", "message.timestamp.type=LogAppendTime"), check=True, stdout=subprocess.DEVNULL)


def read(topic):
    """(record, milliseconds of its appending) of all that is in the topic; waits long, for machines that are busy."""
    out = subprocess.run(tool("kafka-console-consumer.sh", "--topic", topic, "--from-beginning", "--timeout-ms", "30000",
                              "--consumer-property", "isolation.level=read_committed", "--property", "print.timestamp=true"),
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    for line in out.splitlines():
        stamp, tab, value = line.partition("\t")
        if tab:
            yield json.loads(value), int(stamp.partition(":")[2])


class Workers:
    """Of one protocol; what happens to them, each on a thread of its own so that both protocols see it at the same time."""

    def __init__(self, name, protocol):
        self.name, self.protocol = name, protocol
        self.all = [Worker(name, protocol, i) for i in range(2)]

    def up(self):
        self.all += [Worker(self.name, self.protocol, i) for i in (2, 3)]

    def down(self):
        for leaving in self.all[2:]:
            leaving.end(signal.SIGTERM)

    def roll_out(self):
        for one in self.all[1::-1]:
            one.restart(signal.SIGTERM, 1)
            time.sleep(SETTLE / 2)

    def crash(self):
        self.all[1].restart(signal.SIGKILL, 1)

    def die(self):
        self.all[1].end(signal.SIGKILL)


PHASES = (("2 to 4", Workers.up, SETTLE), ("4 to 2", Workers.down, SETTLE), ("roll-out", Workers.roll_out, SETTLE),
          ("crash and restart", Workers.crash, SETTLE), ("crash for good", Workers.die, SETTLE))


def one_round(number):
    name = f"rescale-{os.getpid()}-{number}"
    create(f"{name}-in", PARTITIONS)
    for protocol in PROTOCOLS:
        create(f"{name}-{protocol}-out", 4)
        create(f"{name}-{protocol}-dead", 1)
    feed = Feed(name + "-in")
    groups = [Workers(name, protocol) for protocol in PROTOCOLS]
    feed.start()
    time.sleep(2 * SETTLE)  # the producer starts, the first two workers share the partitions
    marks = [("steady", time.time())]
    time.sleep(STEADY)
    for phase, happening, pause in PHASES:
        marks.append((phase, time.time()))
        threads = [threading.Thread(target=happening, args=(group,)) for group in groups]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        time.sleep(pause)
    marks.append(("end", time.time()))
    feed.stopping = True
    feed.join()
    time.sleep(5)
    reports = [threading.Thread(target=report, args=(group, number, marks, feed.sent)) for group in groups]
    for thread in reports:
        thread.start()
    for thread in reports:
        thread.join()
    for group in groups:
        for each in group.all:
            each.end(signal.SIGTERM)
        for each in group.all:
            each.process.wait(60)


def report(group, number, marks, sent):
    records = list(read(f"{group.name}-{group.protocol}-out"))
    missing = sent - len({record["n"] for record, _ in records})
    lives = sum(each.lives() for each in group.all)
    rows = []
    for (phase, since), (_, until) in zip(marks, marks[1:]):
        inside = [(r["n"], at - r["t"]) for r, at in records if since * 1000 <= r["t"] < (until - LAST) * 1000]
        ages = sorted(age for _, age in inside)
        figures = "nothing came out | | | "
        if len(ages) > 1:
            figures = f"{statistics.median(ages):.0f} | {ages[int(len(ages) * .99)]} | {ages[-1]} | {len(inside) - len({n for n, _ in inside})}"
        rows.append(f"| {group.protocol} | {number} | {phase} | {figures} | {lives} | {missing} |")
    print("\n".join(rows), flush=True)


for number in range(1, rounds + 1):
    one_round(number)
