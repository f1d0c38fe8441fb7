#!/usr/bin/env python3
"""Feeds a file to a pipeline, shows how it flows until the tables in PostgreSQL have all rows, then compares them.

usage: flow.py --pipeline NAME -n NAMESPACE --file FILE [--speed ROWS_PER_SECOND] [--limit ROWS] [--token TOKEN]
               [--dsn DSN] [--applied UNIX_SECONDS] [--timeout SECONDS]

Runs inside the cluster's network (dev/demo/inside). Exit code 1 when the tables are not equal to
the batch result. With --applied (when the pipeline was applied) it says how long the first row took.
"""
import argparse
import collections
import json
import subprocess
import sys
import threading
import time

import psycopg2

from compare import Batch, compare
from feed import Feed, read_lines
from lag import Lag


def kubectl_json(*args):
    out = subprocess.run(["kubectl", *args, "-o", "json"], check=True, capture_output=True, text=True).stdout
    return json.loads(out)


def intake_url(namespace, pipeline, timeout):
    """Where the pipeline's first source takes records in, once the operator says so."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        stages = kubectl_json("-n", namespace, "get", "pipelines.tidegate.io", pipeline).get("status", {}).get("stages", [])
        urls = [stage["url"] for stage in stages if "url" in stage]
        if urls:
            return urls[0]
        time.sleep(0.5)
    raise SystemExit(f"the status of {pipeline} names no source after {timeout} s")


class Screen:
    """One line that is redrawn on a terminal; elsewhere a plain line now and then."""

    def __init__(self, every=5):
        self.tty = sys.stdout.isatty()
        self.every = every
        self.last = 0.0

    def show(self, text, force=False):
        if self.tty:
            print("\r\033[K  " + text, end="", flush=True)
        elif force or time.monotonic() - self.last >= self.every:
            self.last = time.monotonic()
            print("  " + text, flush=True)

    def end(self):
        if self.tty:
            print(flush=True)


def bar(done, total, width=24):
    full = min(width, width * done // max(1, total))
    return "[" + "#" * full + "." * (width - full) + "]"


class Tables:
    """Row counts of the sink tables; a table that is not there yet has none."""

    def __init__(self, dsn, names):
        self.dsn, self.names = dsn, names
        self.connection = None

    def counts(self):
        try:
            if self.connection is None:
                self.connection = psycopg2.connect(self.dsn, connect_timeout=3)
                self.connection.autocommit = True
            return {name: self._count(name) for name in self.names}
        except psycopg2.OperationalError:  # the tests take the database away
            self.connection = None
            return {name: 0 for name in self.names}

    def _count(self, name):
        with self.connection.cursor() as cursor:
            try:
                cursor.execute(f"SELECT count(*) FROM {name}")
                return cursor.fetchone()[0]
            except psycopg2.errors.UndefinedTable:
                return 0


class Rate:
    """Accepted rows per second, over the last seconds."""

    def __init__(self, over=3):
        self.over = over
        self.seen = collections.deque()

    def add(self, accepted):
        now = time.monotonic()
        self.seen.append((now, accepted))
        while now - self.seen[0][0] > self.over:
            self.seen.popleft()
        elapsed = now - self.seen[0][0]
        return (accepted - self.seen[0][1]) / elapsed if elapsed else 0


class Flow:
    def __init__(self, args):
        self.args = args
        self.spec = kubectl_json("-n", args.namespace, "get", "pipelines.tidegate.io", args.pipeline)["spec"]
        self.batch = Batch(self.spec, args.file, args.limit)
        self.wanted = {table: self.batch.count(topic) for table, _, topic in self.batch.tables()}
        self.dsn = args.dsn or f"postgresql://tidegate:tidegate-demo@postgres.{args.namespace}/warehouse"
        self.tables = Tables(self.dsn, list(self.wanted))
        self.first_row_after = None
        self.feed = None
        self.lag = None

    def start_feed(self):
        lines = read_lines(self.args.file, self.args.limit)
        url = intake_url(self.args.namespace, self.args.pipeline, self.args.timeout)
        status = kubectl_json("-n", self.args.namespace, "get", "pipelines.tidegate.io", self.args.pipeline)["status"]
        self.lag = Lag(self.args.namespace, self.args.pipeline, self.spec, status["kafka"]["bootstrapServers"])
        self.feed = Feed(url, self.args.speed, self.args.token)
        threading.Thread(target=self._feed_quietly, args=(lines,), daemon=True).start()
        return len(lines)

    def _feed_quietly(self, lines):
        try:
            self.feed.run(lines)
        except Exception:  # kept in feed.error, which follow() looks at
            pass

    def follow(self, total):
        """Until everything has arrived; False when nothing moved for the timeout."""
        screen, rate, moved_at, last = Screen(), Rate(), time.monotonic(), None
        lag, lag_at = "", 0.0
        while True:
            counts = self.tables.counts()
            if self.first_row_after is None and any(counts.values()) and self.args.applied:
                self.first_row_after = time.time() - self.args.applied
            if self.feed.error:
                screen.end()
                print(f"  the feed stopped: {self.feed.error}", file=sys.stderr)
                return False
            state = (self.feed.accepted, counts)
            if state != last:
                moved_at, last = time.monotonic(), state
            if time.monotonic() - lag_at > 2:
                lag, lag_at = self.lag.text(), time.monotonic()
            rows = "  ".join(f"{name} {counts[name]:,}/{self.wanted[name]:,}" for name in counts)
            finished = self.feed.done.is_set() and counts == self.wanted
            screen.show(f"{bar(sum(counts.values()), sum(self.wanted.values()))} fed {self.feed.accepted:,}/{total:,} "
                        f"({rate.add(self.feed.accepted):,.0f}/s)  {rows}  {lag}", force=finished)
            if finished or time.monotonic() - moved_at > self.args.timeout:
                screen.end()
                return finished
            time.sleep(0.25)

    def report(self, total):
        feed = self.feed
        topic = self.spec["sources"][0]["to"]
        written = sum(self.lag.ends(topic).values())
        print(f"  accepted {feed.accepted:,} rows, refused {len(feed.rejected):,}, told to wait {feed.waits:,} times, "
              f"sent again after a failure {feed.repeats:,}")
        print(f"  topic {topic} holds {written:,} records: {max(0, written - total):,} of them are repeats")
        if self.first_row_after is not None:
            print(f"  from `kubectl apply` to the first row in PostgreSQL: {self.first_row_after:.1f} s")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pipeline", required=True)
    parser.add_argument("-n", "--namespace", required=True)
    parser.add_argument("--file", required=True)
    parser.add_argument("--speed", type=float, default=0)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--token")
    parser.add_argument("--dsn")
    parser.add_argument("--applied", type=float)
    parser.add_argument("--timeout", type=float, default=120)
    return parser.parse_args()


def main():
    flow = Flow(arguments())
    total = flow.start_feed()
    arrived = flow.follow(total)
    flow.report(total)
    if not arrived:
        print("  not everything arrived; the differences:", file=sys.stderr)
    return 0 if compare(flow.batch, flow.dsn) and arrived else 1


if __name__ == "__main__":
    sys.exit(main())
