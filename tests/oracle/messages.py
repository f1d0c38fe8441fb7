"""Records as they lie in Kafka, made of what they mean: a value for each field of their topic (docs/formats.md)."""
import datetime
import json

UNITS = {"s": 1, "ms": 1000, "us": 1_000_000}


def count(text, unit):
    """Since 1970, of a time as records.text() writes it."""
    since = datetime.datetime.fromisoformat(text).replace(tzinfo=None) - datetime.datetime(1970, 1, 1)
    return since // datetime.timedelta(seconds=1) * UNITS[unit] + since.microseconds * UNITS[unit] // 1_000_000


def put(value, path, found):
    *outer, name = path.split(".")
    for member in outer:
        value = value.setdefault(member, {})
    value[name] = found


def message(record, fields, form=None):
    """(key, value, timestamp in ms or 0 for now, headers)."""
    value, key, timestamp, headers = dict(record), None, 0, []
    for field in fields:
        name, found = field["name"], record.get(field["name"])
        origin = field.get("from") or ("header" if "header" in field else "value")
        if origin == "value" and not field.keys() & {"path", "unit"}:
            continue
        value.pop(name, None)
        if found is None:
            continue
        if origin == "key":
            key = found
        elif origin == "timestamp":
            timestamp = count(found, "ms")
        elif origin == "header":
            headers.append((field["header"], found.encode()))
        else:
            put(value, field.get("path", name), count(found, field["unit"]) if "unit" in field else found)
    if form == "text":
        return key, record[fields[0]["name"]], timestamp, headers
    return key, json.dumps(value, ensure_ascii=False), timestamp, headers


def canonical(record, key):
    """The key of a record by these fields (docs/architecture.md, "Keys")."""
    if len(key) == 1 and isinstance(record[key[0]], str):
        return record[key[0]]
    return json.dumps({name: record[name] for name in key}, ensure_ascii=False, separators=(",", ":"))
