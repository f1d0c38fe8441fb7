"""From samples of a stage to the figures that the simulator counts, in its definitions. Pure."""
import bisect
import statistics
from typing import NamedTuple

OBJECTIVE = 5  # seconds that a record may wait
ORDINARY = 0.2  # seconds between two commits of a partition that moves


class Sample(NamedTuple):
    """A look at a stage; times are seconds since the first arrival. Lists have an entry per partition."""

    at: float
    ends: list
    positions: list
    holders: list  # ordinal of the replica that committed last; -1: nobody yet
    commits: list  # when it did
    asked: int  # replicas
    ready: int  # pods


class Rescale(NamedTuple):
    at: float
    before: int
    after: int
    start_up: list  # seconds to the first commit of each replica that came; empty when some went
    pauses: list  # seconds without a commit of each partition that moved


def on_line(x, before, after):
    """The y at x on the straight line through two points (x, y)."""
    (since, low), (until, high) = before, after
    return low + (high - low) * (x - since) / (until - since)


def ages(samples):
    """For each sample: seconds since the oldest record that waits arrived, that is since the log end passed the position."""
    out, before = [], [[] for _ in samples[0].ends]  # log ends that may still be needed: (time, end), oldest first
    for sample in samples:
        oldest = 0.0
        for ends, end, position in zip(before, sample.ends, sample.positions):
            ends.append((sample.at, end))
            while len(ends) > 1 and ends[1][1] <= position:
                ends.pop(0)
            if position >= end:
                continue
            (since, low), (until, high) = ends[0], ends[1] if len(ends) > 1 else ends[0]
            passed = since if high <= low or position < low else on_line(position, (low, since), (high, until))
            oldest = max(oldest, sample.at - passed)
        out.append(oldest)
    return out


def arrivals(samples, seconds):
    """Records that reached the log in each of so many seconds, on straight lines between the samples."""
    points = [(0.0, 0), *((sample.at, sum(sample.ends)) for sample in samples if sample.at > 0)]

    def reached(at):
        after = bisect.bisect_left(points, (at,))
        return round(on_line(at, *points[after - 1:after + 1])) if after < len(points) else points[-1][1]

    total = [0, *(reached(second) for second in range(1, seconds + 1))]
    return [after - before for before, after in zip(total, total[1:])]


def lateness(scheduled, logged):
    """Seconds by which the records of a series reached the log later than they should have, at most."""
    late, second, due, came = 0.0, 0, 0, 0
    for now, count in enumerate(logged, 1):
        came += count
        while second < len(scheduled) and due + scheduled[second] <= came:
            due += scheduled[second]
            second += 1
        if second < len(scheduled):
            late = max(late, now - second - (came - due) / scheduled[second])
    return late


def outcome(samples):
    """Violation seconds, replica-seconds, rescalings and ages. A sample speaks for the time since the one before."""
    waited = ages(samples)
    steps = list(zip(samples, samples[1:], waited[1:]))
    by_age = sorted(waited)
    return {
        "violation": sum(after.at - before.at for before, after, age in steps if age > OBJECTIVE),
        "cost": sum(before.asked * (after.at - before.at) for before, after, _ in steps),
        "rescales": sum(before.asked != after.asked for before, after, _ in steps),
        "max age": by_age[-1],
        "p99 age": by_age[(len(by_age) - 1) * 99 // 100],
    }


def step_figures(samples, at, until):
    """Seconds from a step of the load to the first change of the count, and to the last sample in violation."""
    waited = list(zip(samples, ages(samples)))
    changed = [b.at - at for a, b in zip(samples, samples[1:]) if a.asked != b.asked and at <= b.at < until]
    late = [s.at - at for s, age in waited if age > OBJECTIVE and at <= s.at < until]
    return {"decision": changed[0] if changed else None, "recovery": late[-1] if late else 0}


def least_recovery(high, capacity, most, ready):
    """Seconds from a step to `high` records a second to the last one in violation, at best: one replica takes `capacity` a second
    until all that there may be, `most`, are `ready` at once. Where served = capacity * (ready + most * (t - ready)) meets
    high * (t - OBJECTIVE)."""
    return max(0.0, (capacity * (most - 1) * ready - high * OBJECTIVE) / (capacity * most - high))


def rescales(samples):
    changes = [(b.at, a.asked, b.asked) for a, b in zip(samples, samples[1:]) if a.asked != b.asked]
    until = [at for at, _, _ in changes[1:]] + [float("inf")]
    moves = list(moved(samples))
    out = []
    for (at, before, after), next_at in zip(changes, until):
        first = (first_commit(samples, ordinal, at) for ordinal in range(before, after))
        out.append(Rescale(at, before, after, [when - at for when in first if when is not None],
                           [gap for when, gap in moves if at <= when < next_at]))
    return out


def first_commit(samples, ordinal, since):
    """When a replica that was asked for first held something; None: never, while it was asked for."""
    for sample in samples:
        if sample.at <= since:
            continue
        if sample.asked <= ordinal:
            return None
        seen = [c for c, holder in zip(sample.commits, sample.holders) if holder == ordinal and c > since]
        if seen:
            return min(seen)
    return None


def moved(samples):
    """(time, seconds without a commit) of each change of a partition's holder."""
    for before, after in zip(samples, samples[1:]):
        for p, (gave, took) in enumerate(zip(before.holders, after.holders)):
            if gave >= 0 and gave != took:
                yield after.at, max(0.0, after.commits[p] - before.commits[p] - ORDINARY)


def mean(values, otherwise=0.0):
    return statistics.fmean(values) if values else otherwise


def within(real, simulated, least):
    """The bar: 15 % of the real figure, or `least` where that is more."""
    return abs(real - simulated) <= max(0.15 * real, least)
