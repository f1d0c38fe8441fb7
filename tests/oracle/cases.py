"""The cases of tests/sql that are accepted queries, each as a chain of stages over one topic of records."""
import dataclasses
import json
import pathlib
import re

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


@dataclasses.dataclass
class Case:
    name: str
    topic: str
    fields: list
    stages: list
    samples: list | None = None  # records to take the input from; None: payments
    keyed: bool = True           # whether the input's records have keys
    one_partition: bool = False

    @property
    def key(self):
        """What groups of the first window must contain."""
        return [] if self.one_partition or not self.keyed else [records.KEY]

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


def row_wise(path):
    for body in load(path):
        if not body.get("output") or body.get("failures") or body.get("tables") or body["name"] in WITHOUT_ICU:
            continue
        samples = [json.loads(r) if isinstance(r, str) else r for r in body["input"]]
        fields = body["fields"] + [{"name": "record_id", "type": "BIGINT", "required": True}]
        yield Case(f"{pathlib.Path(path).stem}: {body['name']}", body["topic"], fields,
                   [Stage(identified(body["query"]), key=body.get("key", []))], samples, keyed=False)


def over_payments(path):
    for body in load(path):
        if "refused" in body:
            continue
        stages = [Stage(s["query"], s.get("window"), s.get("key", []), s.get("to", "rows"), s.get("eventTime")) for s in body.get("stages", [body])]
        yield Case(f"{pathlib.Path(path).with_suffix('').as_posix()}: {body['name']}", records.TOPIC, records.FIELDS, stages,
                   keyed=body.get("keyed", True), one_partition=body.get("one_partition", False))


def everything():
    found = [case for path in ("accepted.json", "types.json") for case in row_wise(path)]
    for path in ("windowed/cases.json", "streamed/row-wise.json", "streamed/aggregates.json", "streamed/chains.json"):
        found += over_payments(path)
    return found
