"""A worker that is frozen under load: the pod still says Running, the pipeline must not say Ready."""
import os
import signal
import time

from cluster import processes
from pipelines import Pipeline, end_feed, payments, picked, rows
from cluster import until

EXCLUSIVE = True  # it has a time limit


def test_a_frozen_worker_is_named_within_fifteen_seconds(space):
    space.apply(payments("freeze", space))
    freeze = Pipeline(space, "freeze")
    freeze.wait_ready()
    feed = freeze.feed_beside(rows(0, 40_000), speed=1000)
    until("records flow", lambda: picked(space) > 1000, 60)
    freeze.wait_ready(30)
    [pod] = space.stage_pods("freeze", "pick")
    pids = processes(pod)
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        took = freeze.wait_not_ready(["pick"], 15)
        assert space.get("pods", pod["metadata"]["name"])["status"]["phase"] == "Running"
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
    began = time.monotonic()
    freeze.wait_ready(60)
    recovered = time.monotonic() - began
    given = end_feed(feed)
    until("every row is there", lambda: picked(space) == given, 60)
    return f"seen after {took:.1f} s, Ready again {recovered:.1f} s after it went on"
