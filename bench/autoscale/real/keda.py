"""KEDA and an HPA as a driver of a pipeline that really runs: the simulator's implementation says what they would."""
import math
import subprocess

from figures import on_line
from workloads import CAPACITY, MOST, PARTITIONS

EVERY = 15  # seconds
COMMITS = 5  # seconds between two commits of a partition: Kafka's auto.commit.interval.ms
SETTINGS = {"--threshold": 1.25 * CAPACITY, "--window": 0}  # "KEDA tuned" of the benchmark


class CommittedLag:
    """The lag as an exporter shows it of consumers with Kafka's defaults: each partition commits every COMMITS seconds, at a
    phase of its own. The threshold was tuned on this; our workers commit 25 times as often."""

    def __init__(self):
        self.before = None  # the last look: (time, positions)
        self.committed = {}  # partition: (number of its last commit, position)

    def look(self, at, positions):
        for p, position in enumerate(positions):
            phase = COMMITS * p / PARTITIONS
            number = math.floor((at - phase) / COMMITS)
            if p not in self.committed or self.committed[p][0] != number:
                self.committed[p] = (number, self.position_at(COMMITS * number + phase, p, at, position))
        self.before = (at, positions)

    def position_at(self, due, p, at, position):
        """On a straight line between two looks: taken from the second one, the lag would be some percent too low."""
        if not self.before or due <= self.before[0]:
            return position
        since, positions = self.before
        return on_line(due, (since, positions[p]), (at, position))

    def lag(self, ends):
        return sum(max(0, end - self.committed[p][1]) for p, end in enumerate(ends))


class Keda:
    """Looks at every sample; says a count every EVERY seconds, else None."""

    def __init__(self, binary):
        words = [word for pair in SETTINGS.items() for word in map(str, pair)]
        self.process = subprocess.Popen(
            [binary, "keda", *words, "--partitions", str(PARTITIONS), "--max", str(MOST)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.commits, self.due = CommittedLag(), EVERY

    def decide(self, sample):
        self.commits.look(sample.at, sample.positions)
        if sample.at < self.due:
            return None
        self.process.stdin.write(f"{self.due} {sample.asked} {self.commits.lag(sample.ends):.0f}\n")
        self.process.stdin.flush()
        self.due += EVERY
        return int(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)
