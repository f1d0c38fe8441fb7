"""A sample of the fault drill (tests/drill): the alert is in the real Alertmanager within a minute and names the stage. And the
dashboards' queries against the real Prometheus."""
import concurrent.futures
import sys
import time

import cluster
import monitoring
from cluster import until
from pipelines import Pipeline, finish_feed, not_yet, payments, rows

sys.path.insert(0, str(cluster.ROOT / "tests/drill"))

from drill import drill  # noqa: E402


def test_two_faults_reach_alertmanager(space):
    cluster.on_host("dev/monitoring/up")
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(drill, ["Renamed", "Frozen"]))
    return ", ".join(f"{outcome.alert} after {outcome.seconds:.0f} s" for outcome in outcomes)


def test_every_query_of_the_dashboards_finds_data(space):
    pipeline = payments("shown", space, objectives={"latency": "10s"})
    pipeline["spec"]["processors"][0]["scale"] = {"min": 1, "max": 2}
    space.apply(pipeline)
    shown = Pipeline(space, "shown")
    shown.wait_ready()
    lines = rows(0, 9_000)
    lines[::20] = [line.replace(b'"name": "n', b'"other": "n') for line in lines[::20]]  # one in twenty has no name
    feed = shown.feed_beside(lines, speed=100)  # 90 s: the share of outputs is learned in 60
    began = time.monotonic()
    until("every panel has data", lambda: not monitoring.empty_panels(space.name, "shown") or not_yet(monitoring.empty_panels(space.name, "shown")), 120, every=5)
    finish_feed(feed)
    return f"after {time.monotonic() - began:.0f} s"
