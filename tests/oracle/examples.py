"""The pipelines of examples/ as cases: the processors that lead to each topic at an end."""
import datetime
import functools
import json
import pathlib
import re
import subprocess

import records
from cases import Case, Stage
from tables import Table

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"
# By which fields of the records a table is joined, each time.
JOINS = {"airports": [["origin"], ["dest"]], "weather": [["origin", "time_hour"]]}
TWINS = ("minimal", "mirror", "webhook")  # their rows have nothing to tell them apart by
UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000}


def milliseconds(text):
    return sum(int(number) * UNITS[unit] for number, unit in re.findall(r"(\d+)(ms|s|m|h)", text))


def documents(path):
    """Debian's Python reads YAML (python3-yaml), that of dev/data does not."""
    program = "import json, sys, yaml; print(json.dumps(list(yaml.safe_load_all(open(sys.argv[1])))))"
    return json.loads(subprocess.run(["/usr/bin/python3", "-c", program, path], check=True, capture_output=True, text=True).stdout)


def value(random, name, kind, required):
    if name == "line":  # of text, which is the whole value
        return f"10.0.0.{random.randrange(256)} GET /{random.randrange(10**9)} {random.choice((200, 404, 500))} 12"
    if not required and random.randrange(10) == 0:
        return None
    size = 10 ** random.randrange(1, 6)
    if kind in ("INTEGER", "BIGINT"):
        return 1 + random.randrange(size)
    if kind == "DOUBLE":
        return round(random.random() * size, 3)
    if kind == "TIMESTAMP":
        return records.text(records.BEGIN + datetime.timedelta(seconds=random.randrange(10**6)))
    if kind == "JSON":
        return [{"id": random.randrange(size)} for _ in range(random.randrange(3))]
    if kind == "DECIMAL(38,0)":
        return random.randrange(10**38)
    if decimal := re.fullmatch(r"DECIMAL\(\d+,(\d+)\)", kind):
        return f"{random.randrange(size)}.{random.randrange(10 ** int(decimal[1])):0{decimal[1]}}"
    return f"{name}-{random.randrange(12)}"


def make(fields, event_time, pace, random, count):
    """Records by the types of their fields, one every `pace` seconds."""
    found = []
    for n in range(count):
        seconds = round(n * pace + random.random() * pace, 3)
        record = {f["name"]: value(random, f["name"], f["type"], f.get("required")) for f in fields}
        if event_time:
            record[event_time] = records.text(records.BEGIN + datetime.timedelta(seconds=seconds))
        found.append((seconds, record))
    return found


def lookup(topic):
    return Table(topic["name"], topic["value"]["fields"], topic["key"], topic["partitions"], JOINS[topic["name"]],
                 lambda random, field: value(random, field["name"], field["type"], True))


def chain(spec, processor):
    """The processors up to this one, first the first."""
    writers = {p["to"]: p for p in spec["processors"]}
    before = writers.get(processor["from"][0])
    return [*(chain(spec, before) if before else []), processor]


def stages(processors, topics):
    key = topics[processors[0]["from"][0]].get("key", [])
    for processor in processors:
        source = topics.get(processor["from"][0], {})
        window = {kind: {n: milliseconds(text) for n, text in sizes.items()} for kind, sizes in processor.get("window", {}).items()} or None
        own = processor.get("key", [])
        if window and own and not set(key) <= set(own):  # the copy that Tidegate puts between (docs/windows.md, "Keys")
            yield Stage(f"SELECT * FROM \"{processor['from'][0]}\"", None, own, processor["from"][0] + "-copy", source["eventTime"]["field"],
                        reads=processor["from"][0])
        key = own or topics.get(processor["to"], {}).get("key", [])
        yield Stage(processor["sql"]["query"], window, key, processor["to"], topics.get(processor["to"], {}).get("eventTime", {}).get("field"),
                    reads=processor["from"][0])


def everything():
    for path in sorted(EXAMPLES.glob("*.yaml")):
        for document in documents(path):
            name, spec = document["metadata"]["name"], document["spec"]
            if document["kind"] != "Pipeline":
                continue
            topics, read = {t["name"]: t for t in spec["topics"]}, {p["from"][0] for p in spec.get("processors", [])}
            for processor in spec.get("processors", []):
                if processor["to"] in read:
                    continue
                line = chain(spec, processor)
                topic = topics[line[0]["from"][0]]
                fields, time = topic["value"]["fields"], topic.get("eventTime", {})
                found = list(stages(line, topics))
                window = next((s.window for s in found if s.window), {"tumbling": {"size": 60_000}})
                pace = next(iter(next(iter(window.values())).values())) / 1000 / 24
                yield Case(f"examples/{path.stem}: {processor['name']}", topic["name"], fields, found,
                           make=functools.partial(make, fields, time.get("field"), pace), key=topic.get("key", []) if found[0].window else [],
                           event_time=time.get("field"), out_of_order=milliseconds(time.get("maxOutOfOrder", "0s")) / 1000,
                           one_partition=bool(found[0].window) and not topic.get("key"), twins=path.stem in TWINS,
                           form=topic["value"].get("format"), tables=[lookup(topics[name]) for name in processor.get("tables", [])])
