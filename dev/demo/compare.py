#!/usr/bin/env python3
"""Compares what a pipeline wrote into PostgreSQL with its own SQL run as a batch over the source file, row by row.

usage: compare.py --pipeline PIPELINE.json --file FILE.ndjson --dsn DSN [--limit ROWS]

PIPELINE.json is what `kubectl get tgp NAME -o json` prints; FILE holds what was fed to its source. DuckDB reads the
file with the declared types, runs the queries in flow order over whole topics, and what it holds for each topic that
ends in a PostgreSQL table must be the same rows, each once.
"""
import argparse
import json
import sys
import tempfile

import duckdb
import psycopg2


class Batch:
    """The pipeline's result as a batch job: topics as DuckDB tables."""

    def __init__(self, spec, file, limit=None):
        self.spec = spec
        self.db = duckdb.connect()
        self._load(spec["topics"], spec["sources"][0]["to"], file, limit)
        waiting = list(spec.get("processors", []))
        known = {spec["sources"][0]["to"]}
        while waiting:
            processor = next(p for p in waiting if p["from"][0] in known)
            self.db.execute(f'CREATE TABLE "{processor["to"]}" AS {processor["sql"]["query"]}')
            known.add(processor["to"])
            waiting.remove(processor)

    def _load(self, topics, name, file, limit):
        fields = next(t for t in topics if t["name"] == name)["value"]["fields"]
        # As text first: the casts are then the ones SQL defines, not the JSON reader's guesses.
        columns = "{" + ", ".join(f"'{f['name']}': 'VARCHAR'" for f in fields) + "}"
        casts = ", ".join(f'CAST("{f["name"]}" AS {f["type"]}) AS "{f["name"]}"' for f in fields)
        required = " AND ".join([f'"{f["name"]}" IS NOT NULL' for f in fields if f.get("required")] or ["true"])
        self.db.execute(
            f"""CREATE TABLE "{name}" AS SELECT {casts} FROM (SELECT * FROM read_json(?, format='newline_delimited',
                columns={columns}, auto_detect=false) LIMIT {limit or 10**12}) WHERE {required}""", [file])

    def tables(self):
        """The sinks that write to PostgreSQL: (table, key, topic)."""
        return [(s["postgres"]["table"], s.get("key", []), s["from"]) for s in self.spec["sinks"] if "postgres" in s]

    def columns(self, topic):
        """(name, type) of each column."""
        return [row[:2] for row in self.db.execute(f'DESCRIBE "{topic}"').fetchall()]

    def count(self, topic):
        return self.db.execute(f'SELECT count(*) FROM "{topic}"').fetchone()[0]

    def check_key(self, key, topic):
        """A key that repeats would make the table depend on the order of arrival."""
        columns = ", ".join(f'"{k}"' for k in key)
        distinct = self.db.execute(f'SELECT count(*) FROM (SELECT DISTINCT {columns} FROM "{topic}")').fetchone()[0]
        if distinct != self.count(topic):
            raise SystemExit(f"key ({columns}) of {topic} repeats: {self.count(topic)} rows, {distinct} keys")
        return distinct


def load_actual(batch, connection, table, columns):
    """The PostgreSQL table as the DuckDB table `actual`, by way of CSV; times without zone, in UTC."""
    names = ", ".join(f'"{name}"' for name, _ in columns)
    with tempfile.NamedTemporaryFile(suffix=".csv") as csv, connection.cursor() as cursor:
        cursor.execute("SET TimeZone = 'UTC'")
        cursor.copy_expert(f"COPY (SELECT {names} FROM {table}) TO STDOUT (FORMAT csv, NULL '\\N')", csv)
        csv.flush()
        texts = "{" + ", ".join(f"'{name}': 'VARCHAR'" for name, _ in columns) + "}"
        casts = ", ".join(f'CAST("{name}" AS {kind}) AS "{name}"' for name, kind in columns)
        batch.db.execute(f"""CREATE OR REPLACE TABLE actual AS SELECT {casts} FROM read_csv('{csv.name}', columns={texts},
                             auto_detect=false, header=false, nullstr='\\N', allow_quoted_nulls=false)""")


def compare_table(batch, connection, table, key, topic):
    """Prints the verdict on one table; True when equal."""
    keys = f"{batch.check_key(key, topic):,} distinct keys, " if key else ""
    columns = batch.columns(topic)
    load_actual(batch, connection, table, columns)
    missing = batch.db.execute(f'SELECT * FROM "{topic}" EXCEPT ALL SELECT * FROM actual').fetchall()
    surplus = batch.db.execute(f'SELECT * FROM actual EXCEPT ALL SELECT * FROM "{topic}"').fetchall()
    actual, expected = batch.count("actual"), batch.count(topic)
    if not missing and not surplus:
        print(f"  {table}: {actual:,} rows, {keys}all {len(columns)} columns equal to the batch result")
        return True
    print(f"  {table}: NOT EQUAL, {actual:,} rows instead of {expected:,}; "
          f"{len(missing):,} missing, {len(surplus):,} that should not be there")
    for word, rows in (("missing", missing), ("surplus", surplus)):
        for row in rows[:3]:
            print(f"    {word}: {dict(zip([name for name, _ in columns], map(str, row)))}")
    return False


def compare(batch, dsn):
    connection = psycopg2.connect(dsn)
    try:
        return all([compare_table(batch, connection, *table) for table in batch.tables()])
    finally:
        connection.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pipeline", required=True)
    parser.add_argument("--file", required=True)
    parser.add_argument("--dsn", required=True)
    parser.add_argument("--limit", type=int)
    args = parser.parse_args()
    with open(args.pipeline, encoding="utf-8") as file:
        spec = json.load(file)["spec"]
    return 0 if compare(Batch(spec, args.file, args.limit), args.dsn) else 1


if __name__ == "__main__":
    sys.exit(main())
