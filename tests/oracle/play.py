"""One case played: records written bit by bit while workers die, come and go; then what came out beside what one batch gives."""
import dataclasses
import datetime
import pathlib
import random
import shutil
import tempfile
import time

import batch
import compare
import records
from chain import Chain
from workers import Workers

PATIENCE = 240
RECORDS = 3000
PORTIONS = 6
ACTS = ("kill", "kill and stay away", "add", "drain")


@dataclasses.dataclass
class Play:
    case: object
    partitions: int
    most: int  # replicas of a stage
    shuffled: bool
    delivery: str
    rough: bool  # whether workers are killed and come and go
    seed: str

    def __str__(self):
        order = "shuffled" if self.shuffled else "in order"
        return f"{self.case.name} ({self.partitions} partition{'s'[:self.partitions > 1]}, {order}, {self.delivery}{', rough' if self.rough else ''})"


@dataclasses.dataclass
class Outcome:
    replicas: int = 0
    kills: int = 0
    rescales: int = 0
    rows: int = 0
    seconds: float = 0
    problem: str = ""  # empty: equal
    compared: bool = False


class Player:
    def __init__(self, kafka, play, program, fault=None):
        self.kafka, self.play, self.random = kafka, play, random.Random(play.seed)
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="tidegate-oracle-"))
        self.program, self.fault = program, fault
        self.batch = batch.Batch()

    def run(self):
        outcome, started, workers, chain = Outcome(), time.monotonic(), [], None
        try:
            sent, last = self.input()
            tables = {table.name: table.filled(self.random, sent) for table in self.play.case.tables}
            self.in_one_batch(sent, {name: rows for name, (_, rows) in tables.items()})
            case = self.play.case
            chain = Chain(self.kafka, case, self.play.partitions, self.play.delivery, self.batch.columns)
            self.kafka.create(chain.topics())
            for name, (written, _) in tables.items():
                self.kafka.produce(self.kafka.producer(), chain.tables[name], written)
            workers = [Workers(self.program, link.settings, self.directory / link.settings["stage"], self.fault) for link in chain.links]
            self.stream(chain, workers, sent, last)
            self.judge(chain, outcome)
        except Exception as error:  # whatever it is, it is a play that did not show what it should
            outcome.problem = f"{type(error).__name__}: {error}"
        finally:
            for stage in workers:
                stage.stop()
            outcome.replicas = max([stage.most for stage in workers], default=0)
            outcome.kills, outcome.rescales = sum(s.kills for s in workers), sum(s.rescales for s in workers)
            outcome.seconds = time.monotonic() - started
            if outcome.problem and not self.fault:
                outcome.problem += f" [{self.directory}]"
            else:
                shutil.rmtree(self.directory)
            if chain:
                self.kafka.delete(chain.topics())
        return outcome

    def input(self):
        """All records in the order in which they are sent, and when the last one was, in event time."""
        timed = self.play.case.make(self.random, RECORDS)
        last = records.BEGIN + datetime.timedelta(seconds=timed[-1][0])
        if self.play.shuffled:
            timed = records.shuffled(self.random, timed, self.play.case.out_of_order)
        return [record for _, record in timed], last

    def in_one_batch(self, sent, rows_of_tables):
        case = self.play.case
        self.batch.load(case.topic, case.fields, sent)
        for table in case.tables:
            self.batch.load(table.name, table.fields, rows_of_tables[table.name])
        written = case.topic
        for stage, (name, keys, time_field) in zip(case.stages, case.sources()):
            self.batch.query(stage.query, written, name, stage.to, stage.window, time_field, keys, list(rows_of_tables))
            written = stage.to

    def stream(self, chain, workers, sent, last):
        case, rng = self.play.case, self.random
        messages = list(records.placed(sent, case, self.play.partitions))
        for stage in workers:
            for number in range(rng.randint(1, self.play.most) if self.play.rough else self.play.most):
                stage.start(number)
        cuts = sorted(rng.sample(range(1, len(messages)), PORTIONS - 1))
        producer = self.kafka.producer()
        for start, end in zip([0, *cuts], [*cuts, len(messages)]):
            before = chain.position(chain.links[0])
            self.kafka.produce(producer, chain.input, messages[start:end])
            if self.play.rough:
                self.wait_for_work(chain, workers, before)
                time.sleep(rng.random() * 0.7)
                self.disturb(rng.choice(workers))
        if case.windowed:
            ends = records.closing(case.last or sent[-1], case, last, self.play.partitions)
            self.kafka.produce(producer, chain.input, ends)
        for stage in workers:
            stage.revive()
        closed = int((last + records.FAR / 2 - datetime.datetime(1970, 1, 1)).total_seconds() * 1e6)
        deadline = time.monotonic() + PATIENCE
        while left := chain.behind(closed):
            for stage in workers:
                stage.check()
            if time.monotonic() > deadline:
                raise TimeoutError(f"not done: {left}{chain.reports()}")
            time.sleep(0.3)

    def wait_for_work(self, chain, workers, before):
        """So that it is work that is disturbed; not where nobody is there to do it."""
        deadline = time.monotonic() + 20
        while any(workers[0].running.values()) and chain.position(chain.links[0]) <= before and time.monotonic() < deadline:
            time.sleep(0.1)

    def disturb(self, stage):
        act = self.random.choice(ACTS)
        stage.revive()
        if act.startswith("kill"):
            number = self.random.randrange(len(stage.running))
            stage.kill(number)
            if act == "kill":
                stage.start(number)
        elif self.play.most > 1 and (act == "add" and len(stage.running) < self.play.most or len(stage.running) == 1):
            stage.add()
        elif len(stage.running) > 1:
            stage.drain()

    def judge(self, chain, outcome):
        link, table = chain.links[-1], self.play.case.stages[-1].to
        streamed = [value.decode() for _, _, value in self.kafka.read(link.output, link.output_partitions)]
        columns, expected = self.batch.columns[table], self.batch.rows(table)
        again = self.play.delivery == "at-least-once"
        outcome.compared = True
        if again and not compare.distinct(columns, expected):
            outcome.problem = "rows of this case cannot be told apart: at least once cannot be judged"
            return
        difference = compare.compare(columns, expected, streamed)
        outcome.rows = len(expected)
        if difference.wrong(again):
            outcome.problem = str(difference)
        for other in chain.links:
            dead = self.kafka.read(other.dead_letters, 1)
            if dead:
                outcome.problem = f"{len(dead)} dead letters of {other.settings['stage']}, such as {dead[0][2].decode()}; rows: {difference}"
        if not expected:
            outcome.problem = "the batch gives no rows: nothing was compared"
