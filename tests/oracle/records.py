"""Seeded input: payments over some windows of event time, and what ends it."""
import datetime
import itertools

from broker import partition_of
from messages import message

TOPIC = "payments"
EVENT_TIME = "ts"
KEY = "card"
FIELDS = [
    {"name": "id", "type": "BIGINT", "required": True}, {"name": "card", "type": "VARCHAR", "required": True},
    {"name": "country", "type": "VARCHAR"}, {"name": "amount", "type": "DOUBLE"}, {"name": "ratio", "type": "DOUBLE"},
    {"name": "cents", "type": "BIGINT"}, {"name": "price", "type": "DECIMAL(10,2)"}, {"name": "ok", "type": "BOOLEAN"},
    {"name": "note", "type": "VARCHAR"}, {"name": "day", "type": "DATE"}, {"name": "ts", "type": "TIMESTAMP", "required": True},
]
BEGIN = datetime.datetime(2026, 1, 1)
PER_SECOND = 3
MAX_OUT_OF_ORDER = 8  # seconds, when shuffled
FAR = datetime.timedelta(days=1)  # from the last record to those that close every window


def text(time):
    return time.isoformat() + "Z"


def payments(random, count):
    """In the order of their times, as (seconds since BEGIN, record). Sums of `amount` are exact in any order, of `ratio` not."""
    found = []
    for n in range(count):
        seconds = round(n / PER_SECOND + random.random(), random.choice((0, 3, 6)))
        record = {
            "id": n, "card": f"card-{random.randrange(12)}", "country": random.choice(("DE", "FR", "US", None)),
            "amount": random.randrange(400) / 4, "ratio": random.gauss(1, 3), "cents": random.randrange(10**6) * 10**6,
            "price": f"{random.randrange(9999)}.{random.randrange(10, 100)}", "ok": random.randrange(3) == 0,
            "day": f"2026-01-{random.randrange(10, 30)}", "ts": text(BEGIN + datetime.timedelta(seconds=seconds))}
        if random.randrange(2):
            record["note"] = random.choice(("", "ä\"b\\", "日本")) + f"n{random.randrange(100)}"
        if random.randrange(20) == 0:
            record["amount"] = record["cents"] = None
        found.append((seconds, record))
    return sorted(found, key=lambda pair: pair[0])


# Chosen by every filter of tests/sql/streamed/chains.json, so that what ends the input gets through.
LAST = {"id": -1, "card": "card", "country": "DE", "amount": 99.0, "ratio": 1.0, "cents": 10**6, "price": "99.00", "ok": True,
        "note": "last", "day": "2026-01-10", "ts": None}


def shuffled(random, timed, out_of_order):
    """None comes after one that is `out_of_order` seconds newer."""
    return sorted(timed, key=lambda pair: pair[0] + random.random() * out_of_order * 0.999)


def placed(records, case, partitions):
    """For Kafka: (partition, key, value, timestamp, headers), each in the partition of its key, a VARCHAR field; without one anywhere."""
    assert len(case.key) <= 1, "keys of several fields are not played"
    for n, record in enumerate(records):
        name, *rest = message(record, case.fields, case.form)
        if case.key:
            name = record[case.key[0]]
        yield partition_of(name, partitions) if case.key else n // 5 % partitions, name, *rest


def closing(like, case, last, partitions):
    """A record for each partition, so much later than the last one that all windows close; its own never does."""
    for partition in range(partitions):
        record = like | {case.event_time: text(last + FAR)}
        if case.key:
            record[case.key[0]] = next(name for n in itertools.count() if partition_of(name := f"last-{n}", partitions) == partition)
        name, *rest = message(record, case.fields, case.form)
        yield partition, record[case.key[0]] if case.key else name, *rest
