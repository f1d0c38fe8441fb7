"""What arrives, in records per second: one figure a second, whole records, the same for everybody."""

CAPACITY = 200  # records per second of one replica: the pipeline's rateLimit
PARTITIONS = 24
MOST = 12  # replicas
LOW, HIGH = 150, 1500  # 0.75 and 7.5 replicas' worth
DAY = 1440  # seconds of the trace that are a day


def step(low, high, after):
    """1x, 10x, 1x, each for so many seconds."""
    return [LOW] * low + [HIGH] * high + [LOW] * after


def wave(trace, seconds):
    """The first day of a trace, made to last `seconds`, with HIGH at its peak."""
    day = stretched(trace[:DAY], seconds)
    return [round(HIGH * value / max(day)) for value in day]


def stretched(series, count):
    """`count` figures at even distances along the straight lines between those of the series."""
    out = []
    for i in range(count):
        at = i * (len(series) - 1) / (count - 1)
        left = min(int(at), len(series) - 2)
        out.append(series[left] + (series[left + 1] - series[left]) * (at - left))
    return out


def make(name, trace, short=False):
    """`short` is for a look at the tool itself."""
    if name == "step":
        return step(30, 60, 90) if short else step(60, 240, 300)
    return wave(trace, 150 if short else 600)
