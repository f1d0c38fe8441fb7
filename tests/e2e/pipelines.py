"""Pipelines as the tests use them: made from few words, fed, looked at."""
import json
import pathlib
import subprocess
import threading
import time

import cluster
from cluster import ROOT, until

from compare import Batch, compare
from feed import Feed, read_lines

KIND = "pipelines.tidegate.io"


def data(name):
    folder = subprocess.run([ROOT / "dev/data/prefix"], check=True, capture_output=True, text=True).stdout.strip()
    return str(pathlib.Path(folder) / name)


def manifest(name, spec):
    return {"apiVersion": "tidegate.io/v1alpha1", "kind": "Pipeline", "metadata": {"name": name}, "spec": spec}


def payments(name, space, **changes):
    """A small pipeline on the shared Kafka: intake -> in -> pick -> out -> table (PostgreSQL, by id)."""
    spec = {
        "kafka": {"external": {"bootstrapServers": cluster.SHARED_KAFKA}},
        "topics": [{"name": f"{space.database}_in", "partitions": 2, "key": ["id"], "deletionPolicy": "Delete",
                    "value": {"fields": [{"name": "id", "type": "BIGINT", "required": True},
                                         {"name": "name", "type": "VARCHAR"},
                                         {"name": "amount", "type": "DOUBLE"}]}}],
        "sources": [{"name": "intake", "to": f"{space.database}_in", "http": {}}],
        "processors": [{"name": "pick", "from": [f"{space.database}_in"], "key": ["id"], "to": f"{space.database}_out",
                        "sql": {"query": f'SELECT id, name, amount FROM {space.database}_in WHERE amount > 0'}}],
        "sinks": [{"name": "table", "from": f"{space.database}_out", "key": ["id"],
                   "postgres": {"table": "picked", "createTable": True, "dsnSecretRef": {"name": "warehouse", "key": "dsn"}}}],
    }
    spec.update(changes)
    return manifest(name, spec)


def rows(first, count):
    """Lines that payments() lets through."""
    return [json.dumps({"id": i, "name": f"n{i}", "amount": 1.5}).encode() + b"\n" for i in range(first, first + count)]


def picked(space):
    return space.query("SELECT count(*) FROM picked")[0][0]


class Pipeline:
    def __init__(self, space, name):
        self.space = space
        self.name = name

    def get(self):
        return self.space.get("pipelines", self.name)

    def condition(self, kind):
        for condition in self.get().get("status", {}).get("conditions", []):
            if condition["type"] == kind:
                return condition
        return {}

    def is_ready(self):
        pipeline = self.get()
        ready = self.condition("Ready")
        return ready.get("status") == "True" and ready["observedGeneration"] == pipeline["metadata"]["generation"] and ready

    def wait_ready(self, timeout=90):
        return until(f"{self.name} is Ready", self.is_ready, timeout)

    def wait_not_ready(self, words, timeout):
        """Until Ready is False with all these words in reason or message; the seconds it took."""
        began = time.monotonic()

        def seen():
            ready = self.condition("Ready")
            return ready.get("status") == "False" and all(w in ready["reason"] + " " + ready["message"] for w in words)

        until(f"Ready is False with {words}", lambda: seen() or not_yet(self.condition("Ready")), timeout)
        return time.monotonic() - began

    def stage(self, name):
        return next((s for s in self.get().get("status", {}).get("stages", []) if s["name"] == name), {})

    def url(self, timeout=90):
        """Of the first source, once it answers."""
        source = self.get()["spec"]["sources"][0]["name"]
        return until("the source has an address", lambda: self.stage(source).get("url"), timeout)

    def feed(self, lines, speed=0, token=None):
        """Feeds and waits for the end of it."""
        feed = Feed(self.url(), speed, token)
        feed.run(lines)
        return feed

    def feed_beside(self, lines, speed=0, token=None):
        """Feeds in a thread of its own; call finish_feed() at the end."""
        feed = Feed(self.url(), speed, token, give_up_after=180)

        def work():
            try:
                feed.run(lines)
            except Exception:  # finish_feed() raises it again
                pass

        feed.thread = threading.Thread(target=work, daemon=True)
        feed.thread.start()
        return feed


def not_yet(value):
    raise RuntimeError(str(value))


def end_feed(feed):
    """Ends it where it is; how many records it has given away."""
    feed.enough.set()
    return finish_feed(feed).accepted


def finish_feed(feed, timeout=240):
    feed.thread.join(timeout)
    if feed.error:
        raise feed.error
    assert not feed.thread.is_alive(), f"the feed has not ended after {timeout} s"
    return feed


class Expectation:
    """What a pipeline must leave in PostgreSQL for a file, or its first lines."""

    def __init__(self, pipeline, file, limit=None):
        self.space = pipeline.space
        self.batch = Batch(pipeline.get()["spec"], file, limit)
        self.wanted = {table: self.batch.count(topic) for table, _, topic in self.batch.tables()}
        self.lines = read_lines(file, limit)

    def landed(self):
        """Rows that are there, as a fraction of what must come."""
        return sum(self.count(table) for table in self.wanted) / sum(self.wanted.values())

    def count(self, table):
        try:
            return self.space.query(f"SELECT count(*) FROM {table}")[0][0]
        except Exception:  # no such table, or no database at the moment
            return 0

    def wait_landed(self, fraction, timeout=120):
        until(f"{fraction:.0%} of the rows have landed", lambda: self.landed() >= fraction, timeout, every=0.2)

    def check(self, timeout=120):
        until("all rows have landed", lambda: all(self.count(t) >= n for t, n in self.wanted.items()), timeout)
        assert compare(self.batch, self.space.dsn), "the tables differ from the batch result"
        return ", ".join(f"{table} {n:,}" for table, n in self.wanted.items())
