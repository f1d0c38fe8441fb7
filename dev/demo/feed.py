#!/usr/bin/env python3
"""Posts a file of JSON lines to an HTTP intake, in the file's order, and repeats what was not acknowledged.

usage: feed.py --url URL --file FILE [--speed ROWS_PER_SECOND] [--limit ROWS] [--token TOKEN]
"""
import argparse
import http.client
import json
import math
import sys
import threading
import time
import urllib.parse

BATCH = 1000  # lines per request at most: about 200 kB, far below the intake's limit of 8 MiB
REQUESTS_PER_SECOND = 10  # at least, where a speed is asked for: fewer would make a slow feed come in bursts


class Feed:
    """One feed. Its counters may be read from other threads while run() works."""

    def __init__(self, url, speed=0, token=None, give_up_after=120):
        self.url = urllib.parse.urlsplit(url)
        self.speed = speed  # rows per second, 0 = as fast as they are taken
        self.token = token
        self.give_up_after = give_up_after  # seconds without any progress
        self.accepted = 0
        self.rejected = []  # what the intake said about lines it refused
        self.repeats = 0  # rows sent again because a request failed: each may be in the topic twice
        self.waits = 0  # answers 429 and 503
        self.enough = threading.Event()  # set by whoever wants run() to end before the last line
        self.done = threading.Event()
        self.error = None
        self._connection = None
        self._sent = False  # whether the last try got as far as sending

    def run(self, lines):
        """Sends all lines, or until there were enough; an error is kept in self.error and raised."""
        try:
            batch = min(BATCH, math.ceil(self.speed / REQUESTS_PER_SECOND)) if self.speed else BATCH
            began = None  # when the first batch was taken: waiting for the intake to appear is not made up for
            for start in range(0, len(lines), batch):
                if self.enough.is_set():
                    break
                if self.speed and began is not None:
                    time.sleep(max(0.0, began + start / self.speed - time.monotonic()))
                self._deliver(lines[start:start + batch])
                began = began or time.monotonic()
        except Exception as error:
            self.error = error
            raise
        finally:
            self._close()
            self.done.set()

    def _deliver(self, batch):
        body = b"".join(batch)
        deadline = time.monotonic() + self.give_up_after
        while True:
            try:
                status, retry_after, answer = self._post(body)
            except (OSError, http.client.HTTPException) as error:
                self._close()
                status, retry_after, answer = None, 0.5, str(error)
            if status in (200, 207, 400) and isinstance(answer, dict):
                self.accepted += answer["accepted"]
                self.rejected += answer.get("rejected", [])
                return
            if status not in (None, 429, 503):
                raise RuntimeError(f"the intake answered {status}: {answer}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"no progress for {self.give_up_after} s: {status or ''} {answer}")
            self.waits += status is not None
            # 429 comes before anything was taken; after anything else part of what was sent may be in the topic already.
            self.repeats += 0 if status == 429 or not self._sent else len(batch)
            time.sleep(retry_after)

    def _post(self, body):
        self._sent = False
        if self._connection is None:
            self._connection = http.client.HTTPConnection(self.url.hostname, self.url.port or 80, timeout=30)
            self._connection.connect()
        self._sent = True
        headers = {"Content-Type": "application/x-ndjson"}
        if self.token:
            headers["Authorization"] = "Bearer " + self.token
        self._connection.request("POST", self.url.path or "/", body, headers)
        response = self._connection.getresponse()
        text = response.read()
        try:
            answer = json.loads(text)
        except ValueError:
            answer = text.decode(errors="replace")[:300]
        return response.status, min(5.0, float(response.headers.get("Retry-After") or 0.5)), answer

    def _close(self):
        if self._connection is not None:
            self._connection.close()
        self._connection = None


def read_lines(path, limit=None):
    lines = []
    with open(path, "rb") as file:
        for line in file:
            lines.append(line if line.endswith(b"\n") else line + b"\n")
            if len(lines) == limit:
                break
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True)
    parser.add_argument("--file", required=True)
    parser.add_argument("--speed", type=float, default=0)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--token")
    args = parser.parse_args()
    feed = Feed(args.url, args.speed, args.token)
    feed.run(read_lines(args.file, args.limit))
    print(json.dumps({"accepted": feed.accepted, "rejected": len(feed.rejected), "repeated": feed.repeats,
                      "waits": feed.waits}))
    for rejected in feed.rejected[:5]:
        print(json.dumps(rejected), file=sys.stderr)
    return 1 if feed.rejected else 0


if __name__ == "__main__":
    sys.exit(main())
