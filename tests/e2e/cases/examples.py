"""Every file of examples/ is accepted: by the API server, and by `kubectl tidegate validate`; its SQL can be tried on files."""
import json
import os
import tempfile

import cluster
from pipelines import data


def test_every_example_applies(space):
    files = sorted((cluster.ROOT / "examples").glob("*.yaml"))
    assert len(files) >= 3
    for file in files:
        space.kubectl("apply", "--dry-run=server", "-f", file)
        cluster.cli("validate", "-f", file)
    return f"{len(files)} files"


def test_the_fraud_example_gives_the_batch_result_without_a_cluster(space):
    fields = ["id", "card_id", "store_id", "datetime", "amount", "currency", "country"]
    payments = [json.loads(line) for line in open(data("payments.ndjson"))]
    alerts = [{**{f: p[f] for f in fields}, "rule": "amount"} for p in payments if p["amount"] >= 90000]
    assert len(alerts) == 10134

    def judge(expected):
        with tempfile.NamedTemporaryFile("w", suffix=".ndjson") as file:
            file.writelines(json.dumps(alert) + "\n" for alert in reversed(expected))
            file.flush()
            return cluster.run("env", f"PATH={cluster.ROOT}/build/dev/worker:{os.environ['PATH']}",
                               cluster.ROOT / "build/dev/cli/kubectl-tidegate", "test", "-f", cluster.ROOT / "examples/fraud.yaml",
                               "--input", f"payments={data('payments.ndjson')}", "--expect", f"alerts={file.name}", check=False)

    same = judge(alerts)
    assert same.returncode == 0 and "ok   alerts" in same.stdout, same
    one_less = judge(alerts[:-1])
    assert one_less.returncode == 1 and "0 records are missing, 1 were not expected" in one_less.stdout, one_less
