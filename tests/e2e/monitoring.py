"""What the real Prometheus says to the dashboards."""
import sys
import time

import cluster

sys.path.insert(0, str(cluster.ROOT / "tests/dashboards"))

import check  # noqa: E402

PROMETHEUS = "http://prometheus.monitoring:9090"


def has_graph(panel, namespace, pipeline):
    """Whether the panel shows a line above nought."""
    return any(float(series["value"][1]) > 0 for where, expr in check.queries() if where == panel
               for series in check.ask(PROMETHEUS, check.filled(expr, namespace=namespace, pipeline=pipeline), time.time()))
