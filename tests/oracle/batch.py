"""What DuckDB gives for all records in one batch. Nothing of Tidegate's engine is used: windows are plain SQL over the whole table."""
import datetime
import json
import pathlib
import tempfile

import duckdb

COLUMN_TYPES = {  # docs/sql.md: what a column of the query becomes in the topic
    "TINYINT": "INTEGER", "SMALLINT": "INTEGER", "UTINYINT": "INTEGER", "USMALLINT": "INTEGER", "UINTEGER": "BIGINT",
    "UBIGINT": "DECIMAL(20,0)", "HUGEINT": "DECIMAL(38,0)", "FLOAT": "DOUBLE", "TIMESTAMP_S": "TIMESTAMP", "TIMESTAMP_MS": "TIMESTAMP",
    "TIMESTAMP_NS": "TIMESTAMP", "TIMESTAMP WITH TIME ZONE": "TIMESTAMP"}


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def aligned(table, time, size, slide):
    """Every row in every window that holds it; windows begin at multiples of `slide` since 1970 (all in microseconds)."""
    return f"""SELECT r.*, make_timestamp(w.n * {slide}) AS window_start, make_timestamp(w.n * {slide} + {size}) AS window_end
        FROM {table} r CROSS JOIN LATERAL (SELECT unnest(range(
          (epoch_us({time}) - {size}) // {slide} + 1, epoch_us({time}) // {slide} + 1)) AS n) w"""


def sessions(table, time, keys, gap, longest):
    """Rows of a key less than `gap` apart. What goes on is cut at the second multiple of half of `longest` after the
    first row, and at each one from then on (docs/windows.md, "Sessions")."""
    by, half = ", ".join(map(quoted, keys)) or "1", longest // 2
    return f"""WITH steps AS (SELECT *, epoch_us({time}) AS us_, epoch_us({time}) - lag(epoch_us({time})) OVER (PARTITION BY {by} ORDER BY {time}) AS step_
          FROM {table}),
        runs AS (SELECT *, count(*) FILTER (step_ >= {gap}) OVER (PARTITION BY {by} ORDER BY us_ RANGE UNBOUNDED PRECEDING) AS run_ FROM steps),
        firsts AS (SELECT *, (min(us_) OVER (PARTITION BY {by}, run_) // {half} + 2) * {half} AS cut_ FROM runs),
        pieces AS (SELECT *, greatest(cut_, (us_ // {half} + 1) * {half}) AS end_ FROM firsts)
        SELECT * EXCLUDE (us_, step_, run_, cut_, end_), make_timestamp(min(us_) OVER p) AS window_start,
          make_timestamp(least(max(us_) OVER p + {gap}, end_)) AS window_end
        FROM pieces WINDOW p AS (PARTITION BY {by}, run_, end_)"""


def with_windows(table, window, time, keys):
    (kind, sizes), = window.items()
    us = {name: ms * 1000 for name, ms in sizes.items()}
    if kind == "session":
        return sessions(table, quoted(time), keys, us["gap"], us["maxDuration"])
    return aligned(table, quoted(time), us["size"], us.get("slide", us["size"]))


def in_utc(record, fields):
    """Without ICU this DuckDB takes no notice of the offset of a time (docs/architecture.md, "Field types": none is UTC)."""
    times = {f["name"]: datetime.datetime.fromisoformat(record[f["name"]]) for f in fields if f["type"] == "TIMESTAMP" and record.get(f["name"])}
    return record | {name: (time.astimezone(datetime.UTC) if time.tzinfo else time).replace(tzinfo=None).isoformat() for name, time in times.items()}


class Batch:
    """Tables and what was made of them; one per play."""

    def __init__(self):
        self.db = duckdb.connect(config={"threads": 1, "autoload_known_extensions": False, "autoinstall_known_extensions": False})
        self.columns = {}  # by table that a query made: (name, type as topics have it) of each

    def load(self, table, fields, records):
        with tempfile.TemporaryDirectory() as directory:
            file = pathlib.Path(directory) / "records"
            file.write_text("".join(json.dumps(in_utc(record, fields), ensure_ascii=False) + "\n" for record in records))
            texts = ", ".join(f"{quoted(f['name'])}: 'VARCHAR'" for f in fields)
            casts = ", ".join(f"CAST({quoted(f['name'])} AS {f['type']}) AS {quoted(f['name'])}" for f in fields)
            self.db.execute(f"CREATE TABLE {quoted(table)} AS SELECT {casts} FROM read_json('{file}', format='newline_delimited', columns={{{texts}}})")

    def query(self, query, source, name, to, window=None, time=None, keys=(), tables=()):
        """Makes the table `to` of the rows of `query` over the table `source`, which it calls `name`, and over the `tables`."""
        rows = with_windows(quoted(source), window, time, keys) if window else f"SELECT * FROM {quoted(source)}"
        self.db.execute(f"CREATE SCHEMA {quoted(to)}")  # in which the query sees that table only
        self.db.execute(f"CREATE TABLE {quoted(to)}.{quoted(name)} AS {rows}")
        for table in tables:
            self.db.execute(f"CREATE TABLE {quoted(to)}.{quoted(table)} AS SELECT * FROM {quoted(table)}")
        self.db.execute(f"SET search_path = {quoted(to)}")
        self.db.execute(f"CREATE TABLE main.{quoted(to)} AS {query}")
        self.db.execute("SET search_path = main")
        found = self.db.execute(f"SELECT column_name, column_type FROM (DESCRIBE {quoted(to)})").fetchall()
        self.columns[to] = [(name, COLUMN_TYPES.get(kind, kind)) for name, kind in found]

    def rows(self, table):
        columns = ", ".join(f"CAST({quoted(name)} AS {kind})" for name, kind in self.columns[table])
        return self.db.execute(f"SELECT {columns} FROM {quoted(table)}").fetchall()
