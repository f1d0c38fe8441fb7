#!/usr/bin/env python3
"""How long records wait, and what is repeated, while a processor goes from two workers to four and back.

usage: measure.py KAFKA_BIN WORKER BOOTSTRAP WAY [ROUNDS]      WAY: leave (SIGTERM) or crash (SIGKILL)
Prints one Markdown row per phase and round. Age: append time in the output topic minus the time at which the record
was handed to the producer, so it includes the producer's few milliseconds.
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

PARTITIONS, RATE, STEADY, SETTLE = 12, 2000, 5, 10  # records/s, s, s
bin_dir, worker, bootstrap, way = sys.argv[1:5]
rounds = int(sys.argv[5]) if len(sys.argv) > 5 else 3


def tool(name, *arguments):
    return [f"{bin_dir}/{name}", "--bootstrap-server", bootstrap, *arguments]


class Feed(threading.Thread):
    """Writes RATE numbered records a second until told to stop, on the clock's schedule."""

    def __init__(self, topic):
        super().__init__(daemon=True)
        self.process = subprocess.Popen(
            tool("kafka-console-producer.sh", "--topic", topic, "--property", "parse.key=true",
                 "--property", "key.separator=|", "--producer-property", "linger.ms=5"),
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
    def __init__(self, settings, number):
        self.directory = tempfile.TemporaryDirectory()
        config = pathlib.Path(self.directory.name, "stage.json")
        config.write_text(json.dumps(settings))
        with open(f"{self.directory.name}/log", "w") as log:
            self.process = subprocess.Popen([worker, "run", "--config", str(config)], stdout=log, stderr=log,
                                            env={**os.environ, "POD_NAME": f"worker-{number}"})

    def end(self, number):
        self.process.send_signal(number)


def settings(name):
    fields = [{"name": "n", "type": "BIGINT", "required": True}, {"name": "t", "type": "BIGINT", "required": True}]
    return {"namespace": "bench", "pipeline": "rescale", "stage": "copy", "kind": "processor",
            "kafka": {"bootstrapServers": bootstrap}, "group": name, "start": "earliest", "metricsPort": 0,
            "input": {"topic": f"{name}-in", "fields": fields}, "output": {"topic": f"{name}-out"},
            "deadLetters": {"topic": f"{name}-dead"}, "sql": {"query": f'SELECT n, t FROM "{name}-in"'}}


def create(topic, partitions):
    subprocess.run(tool("kafka-topics.sh", "--create", "--topic", topic, "--partitions", str(partitions),
                        "--config", "message.timestamp.type=LogAppendTime"), check=True, stdout=subprocess.DEVNULL)


def read(topic):
    """(record, milliseconds of its appending) of all that is in the topic."""
    out = subprocess.run(tool("kafka-console-consumer.sh", "--topic", topic, "--from-beginning", "--timeout-ms", "4000",
                              "--property", "print.timestamp=true"),
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    for line in out.splitlines():
        stamp, tab, value = line.partition("\t")
        if tab:
            yield json.loads(value), int(stamp.partition(":")[2])


def one_round(number):
    name = f"rescale-{way}-{os.getpid()}-{number}"
    for suffix, partitions in (("-in", PARTITIONS), ("-out", 4), ("-dead", 1)):
        create(name + suffix, partitions)
    feed = Feed(name + "-in")
    workers = [Worker(settings(name), i) for i in range(2)]
    feed.start()
    time.sleep(SETTLE)  # the producer starts, the first two workers share the partitions
    marks = [("steady", time.time())]
    time.sleep(STEADY)
    marks.append(("2 to 4", time.time()))
    workers += [Worker(settings(name), i) for i in (2, 3)]
    time.sleep(SETTLE)
    marks.append(("4 to 2", time.time()))
    for leaving in workers[2:]:
        leaving.end(signal.SIGKILL if way == "crash" else signal.SIGTERM)
    time.sleep(SETTLE)
    marks.append(("end", time.time()))
    feed.stopping = True
    feed.join()
    time.sleep(3)
    records = list(read(name + "-out"))
    for each in workers:
        each.end(signal.SIGTERM)
    for each in workers:
        each.process.wait(30)
    seen = collections.Counter(record["n"] for record, _ in records)
    lost = feed.sent - len(seen)
    for (phase, since), (_, until) in zip(marks, marks[1:]):
        inside = [(r["n"], at - r["t"]) for r, at in records if since * 1000 <= r["t"] < until * 1000]
        ages = sorted(age for _, age in inside)
        if len(ages) < 2:
            print(f"| {way} | {number} | {phase} | nothing came out | | | | {lost} |", flush=True)
            continue
        repeats = len(inside) - len({n for n, _ in inside})
        print(f"| {way} | {number} | {phase} | {statistics.median(ages):.0f} | {ages[int(len(ages) * .99)]} | {ages[-1]} "
              f"| {repeats} | {lost} |", flush=True)


for number in range(1, rounds + 1):
    one_round(number)
