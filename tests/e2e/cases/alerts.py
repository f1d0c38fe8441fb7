"""A sample of the fault drill (tests/drill): the alert is in the real Alertmanager within a minute and names the stage."""
import concurrent.futures
import sys

import cluster

sys.path.insert(0, str(cluster.ROOT / "tests/drill"))

from drill import drill  # noqa: E402


def test_two_faults_reach_alertmanager(space):
    cluster.on_host("dev/monitoring/up")
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(drill, ["Renamed", "Frozen"]))
    return ", ".join(f"{outcome.alert} after {outcome.seconds:.0f} s" for outcome in outcomes)
