#!/usr/bin/env python3
"""Healthy pipelines under a daily wave: no alert may come, with the very rules that catch the faults.

usage: soak.py [--minutes 60] [--record FILE]
Three waves in an hour, each forcing `pick` to rescale; a second pipeline is idle all the time.
"""
import argparse
import datetime
import math
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import cluster  # noqa: E402
from alertmanager import alerts  # noqa: E402
from pipelines import Pipeline, manifest  # noqa: E402
from shop import NAME, Feed, spec  # noqa: E402

PERIOD = 1200  # seconds of one "day"
LOW, HIGH = 20, 240  # records per second


def rate(seconds):
    return LOW + (HIGH - LOW) * (1 - math.cos(2 * math.pi * seconds / PERIOD)) / 2


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--minutes", type=float, default=60)
    arguments.add_argument("--record")
    wanted = arguments.parse_args()
    cluster.on_host("dev/demo/namespace", cluster.SHARED)
    busy, idle = cluster.Namespace("soak-busy"), cluster.Namespace("soak-idle")
    for space in (busy, idle):
        space.create()
    wave = spec()
    wave["topics"][0].update(partitions=4, expectEvery="1m")
    wave["processors"][0].update(rateLimit=100, scale={"min": 1, "max": 4})
    busy.apply(manifest(NAME, wave))
    idle.apply(manifest(NAME, spec()))
    for space in (busy, idle):
        Pipeline(space, NAME).wait_ready(180)
    feed = Feed(busy.name, partitions=4)
    seen, replicas, began = {}, [], time.monotonic()
    while (now := time.monotonic() - began) < wanted.minutes * 60:
        feed.rate = rate(now)
        for labels, _ in alerts():
            name = (labels["alertname"], labels.get("namespace", ""), labels.get("stage", ""))
            if name not in seen:
                print(f"alert after {now:.0f} s: {labels}", flush=True)
            seen.setdefault(name, round(now))
        has = busy.stage_replicas(NAME, "pick")
        if not replicas or replicas[-1][1] != has:
            replicas.append((round(now), has))
            print(f"pick has {has} replicas after {now:.0f} s", flush=True)
        time.sleep(5)
    feed.stop()
    cluster.until("every row is there", lambda: busy.query("SELECT count(*) FROM picked")[0][0] == feed.sent - (feed.sent + 9) // 10, 120)
    rescales = len(replicas) - 1
    words = [f"{wanted.minutes:.0f} minutes, {feed.sent:,} records in waves of {LOW} to {HIGH} a second: {len(seen)} alerts, "
             f"{rescales} rescales of `pick`, every row in the table."]
    words += [f"- {name} after {at} s" for name, at in seen.items()]
    print("\n".join(words))
    if wanted.record:
        (cluster.ROOT / wanted.record).write_text(f"# Healthy hour\n\nRun of {datetime.date.today().isoformat()}, `make soak`: " + "\n".join(words) + "\n")
    healthy = not seen and rescales >= 2
    print("1 passed, 0 failed" if healthy else "0 passed, 1 failed")
    return 0 if healthy else 1


if __name__ == "__main__":
    sys.exit(main())
