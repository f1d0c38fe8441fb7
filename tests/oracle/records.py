"""Seeded input: payments over some windows of event time, and what ends it."""
import datetime
import itertools
import json

from broker import partition_of

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
MAX_OUT_OF_ORDER = 8  # seconds
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


def shuffled(random, timed):
    """None comes after one that is MAX_OUT_OF_ORDER newer."""
    return sorted(timed, key=lambda pair: pair[0] + random.random() * MAX_OUT_OF_ORDER * 0.999)


def placed(records, partitions, keyed):
    """For Kafka: each in the partition of its key, or anywhere."""
    return [(partition_of(r[KEY], partitions) if keyed else n // 5 % partitions, r[KEY] if keyed else None, json.dumps(r, ensure_ascii=False))
            for n, r in enumerate(records)]


def closing(last, partitions, keyed):
    """One record for each partition, so late that all windows close; its own never does. Of every country, so that rows
    that a stage chooses have it, too."""
    time = text(last + FAR)
    for partition in range(partitions):
        card = next(name for n in itertools.count() if not keyed or partition_of(name := f"card-{n}", partitions) == partition) if keyed else "card-0"
        record = {"id": -1 - partition, "card": card, "country": "DE", "amount": 99.0, "ratio": 1.0, "cents": 10**6, "price": "99.00",
                  "ok": True, "note": "last", "day": "2026-01-10", "ts": time}
        yield partition, card if keyed else None, json.dumps(record)
