"""The cases of tests/sql that are accepted queries, each as a chain of stages over one topic of records."""
import dataclasses
import functools
import json
import pathlib
import re
import typing

import records

SQL = pathlib.Path(__file__).resolve().parents[1] / "sql"
WITHOUT_ICU = ("time zones do not depend on the machine", "other timestamp kinds")  # Python's DuckDB comes without that extension


@dataclasses.dataclass
class Stage:
    query: str
    window: dict | None = None
    key: list = dataclasses.field(default_factory=list)  # of what it writes
    to: str = "rows"
    event_time: str | None = None  # in what it writes
    reads: str | None = None       # what the query calls its topic; None: as the stage before calls it


@dataclasses.dataclass
class Case:
    name: str
    topic: str
    fields: list
    stages: list
    make: typing.Callable  # (random, count): [(seconds since records.BEGIN, record)] in the order of their times
    key: list = dataclasses.field(default_factory=list)  # of the topic, where there is a window over it
    event_time: str | None = None
    out_of_order: float = 0  # seconds
    last: dict | None = None  # what the record that closes all windows looks like; None: as one of the others
    one_partition: bool = False
    brief: bool = False  # one play is enough
    twins: bool = False  # rows may be equal: a repeat cannot be told, so it is played exactly once only
    form: str | None = None  # the format of the values; None: JSON
    tables: list = dataclasses.field(default_factory=list)  # lookup tables of the only stage

    @property
    def windowed(self):
        return any(stage.window for stage in self.stages)

    def sources(self):
        """Of each stage: what its query calls its topic, and the key and event time of that."""
        name, key, time = self.topic, self.key, self.event_time
        for stage in self.stages:
            yield stage.reads or name, key, time
            name, key, time = stage.to, stage.key, stage.event_time

    @property
    def windows(self):
        return " → ".join(describe(stage.window) for stage in self.stages)


def describe(window):
    if not window:
        return "row by row"
    (kind, sizes), = window.items()
    return kind + " " + "/".join(f"{ms / 1000:g} s" for ms in sizes.values())


def identified(query):
    """The same query with the number of its record in front, so that a row that comes twice is known as such."""
    select = re.search(r"\bSELECT\s+", query, re.IGNORECASE)
    if not select or query[select.end()] == "*":
        return query  # takes all fields
    return query[:select.end()] + "record_id, " + query[select.end():]


def load(path):
    file = json.loads((SQL / path).read_text())
    return [file.get("defaults", {}) | case for case in file["cases"]]


def some_of(samples, random, count):
    return [(n, dict(random.choice(samples), record_id=n)) for n in range(count)]


def row_wise(path):
    for body in load(path):
        if not body.get("output") or body.get("failures") or body.get("tables") or body["name"] in WITHOUT_ICU:
            continue
        samples = [json.loads(r) if isinstance(r, str) else r for r in body["input"]]
        fields = body["fields"] + [{"name": "record_id", "type": "BIGINT", "required": True}]
        yield Case(f"{pathlib.Path(path).stem}: {body['name']}", body["topic"], fields,
                   [Stage(identified(body["query"]), key=body.get("key", []))], functools.partial(some_of, samples), brief=True)


def over_payments(path):
    for body in load(path):
        if "refused" in body:
            continue
        stages = [Stage(s["query"], s.get("window"), s.get("key", []), s.get("to", "rows"), s.get("eventTime")) for s in body.get("stages", [body])]
        one, keyed = body.get("one_partition", False), body.get("keyed", True)
        yield Case(f"{pathlib.Path(path).with_suffix('').as_posix()}: {body['name']}", records.TOPIC, records.FIELDS, stages, records.payments,
                   [records.KEY] if keyed and not one else [], records.EVENT_TIME, records.MAX_OUT_OF_ORDER, records.LAST, one)


def everything():
    found = [case for path in ("accepted.json", "types.json") for case in row_wise(path)]
    for path in ("windowed/cases.json", "streamed/row-wise.json", "streamed/aggregates.json", "streamed/chains.json"):
        found += over_payments(path)
    return found
