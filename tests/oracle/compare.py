"""Streamed rows against those of the batch: integers, decimals, text, times exactly, DOUBLE within 1e-9 of the value."""
import collections
import dataclasses
import datetime
import decimal
import json

CLOSE = 1e-9


@dataclasses.dataclass
class Difference:
    missing: list = dataclasses.field(default_factory=list)  # of the batch, not streamed
    extra: list = dataclasses.field(default_factory=list)    # streamed, not of the batch
    repeats: int = 0  # streamed once more than the batch has them

    def wrong(self, repeats_allowed):
        return bool(self.missing or self.extra or self.repeats and not repeats_allowed)

    def __str__(self):
        parts = [f"{len(rows)} {name}, such as {rows[0]}" for name, rows in (("missing", self.missing), ("extra", self.extra)) if rows]
        if self.repeats:
            parts.append(f"{self.repeats} repeated")
        return "; ".join(parts) or "equal"


def expected_value(value):
    """DuckDB's, as it must stand in the topic's JSON (docs/architecture.md, "Field types")."""
    if isinstance(value, datetime.datetime):
        return value.isoformat(timespec="microseconds").rstrip("0").rstrip(".") + "Z"
    return value.isoformat() if isinstance(value, datetime.date) else value


def exact(value):
    """Values that are not the same are not equal: true is not 1, 1 is not "1"; 1.50 is 1.5."""
    if isinstance(value, (int, decimal.Decimal)) and not isinstance(value, bool):
        return "number", decimal.Decimal(value)
    return type(value).__name__, value


def close(a, b):
    return all(x == y if x is None or y is None else abs(x - y) <= CLOSE * max(abs(x), abs(y)) for x, y in zip(a, b))


def split(row, kinds):
    """The exact values of a row, by which it is found, and its DOUBLEs."""
    exacts = tuple(exact(value) for value, kind in zip(row, kinds) if kind != "DOUBLE")
    doubles = tuple(None if value is None else float(value) for value, kind in zip(row, kinds) if kind == "DOUBLE")
    return exacts, doubles


def parse(text, columns):
    """The values of a streamed row; ValueError when it has not exactly the columns, in order."""
    row = json.loads(text, parse_float=decimal.Decimal)
    if list(row) != [name for name, _ in columns]:
        raise ValueError(f"a row with other columns: {text}")
    for value, (name, kind) in zip(row.values(), columns):
        if kind == "DOUBLE" and value is not None and (isinstance(value, bool) or not isinstance(value, (int, decimal.Decimal))):
            raise ValueError(f"{name} is no number: {text}")
    return list(row.values())


def compare(columns, expected, streamed):
    """Columns as (name, type); expected rows as DuckDB has them, streamed ones as JSON texts."""
    kinds = [kind for _, kind in columns]
    found = collections.defaultdict(list)
    for text in streamed:
        exacts, doubles = split(parse(text, columns), kinds)
        found[exacts].append((doubles, text))
    difference, wanted = Difference(), collections.defaultdict(list)
    for row in expected:
        exacts, doubles = split([expected_value(value) for value in row], kinds)
        wanted[exacts].append((doubles, row))
    for exacts, rows in wanted.items():
        rest = found.pop(exacts, [])
        for doubles, row in rows:
            match = next((one for one in rest if close(one[0], doubles)), None)
            rest.remove(match) if match else difference.missing.append(row)
        for doubles, text in rest:
            if any(close(doubles, known) for known, _ in rows):
                difference.repeats += 1
            else:
                difference.extra.append(text)
    difference.extra += [text for rows in found.values() for _, text in rows]
    return difference


def distinct(columns, rows):
    """Whether each row can be told from the others, so that one that comes twice is a repeat."""
    kinds = [kind for _, kind in columns]
    return len({split([expected_value(value) for value in row], kinds)[0] for row in rows}) == len(rows)
