"""A sample of the fault drill (tests/drill): the alert is in the real Alertmanager within a minute and names the stage."""
import sys

import cluster

sys.path.insert(0, str(cluster.ROOT / "tests/drill"))

from drill import drill  # noqa: E402


def test_a_renamed_field_reaches_alertmanager(space):
    cluster.on_host("dev/monitoring/up")
    outcome = drill("Renamed")
    return f"{outcome.alert} after {outcome.seconds:.0f} s"
