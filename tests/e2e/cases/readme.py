"""The README's commands, as they stand there, lead from a cluster without Tidegate to a graph."""
import json
import os
import pathlib
import re
import subprocess
import tempfile
import time

import cluster
import monitoring
from cluster import ROOT, until

EXCLUSIVE = True
MINUTES = 10
# The image that was built here; Grafana is not here, only what it shows: its dashboards, and Prometheus's answers to them.
HERE = {"registry.example.com/tidegate": "docker.io/tidegate/tidegate", "image.tag=0.1.0": "image.tag=dev"}


def commands():
    """Those from `helm install` on."""
    block = re.search(r"^    helm install (?:.*\n)+?\n", (ROOT / "README.md").read_text(), re.M).group()
    text = "\n".join(line.removeprefix("    ") for line in block.splitlines())
    return [command.strip() for command in re.split(r"\n(?! )", text.strip())]


def environment(space):
    """Where `helm` is that of the cluster, and `kubectl` works in the namespace."""
    folder = pathlib.Path(tempfile.mkdtemp(dir=cluster.SCRATCH.name))
    (folder / "helm").write_text(f'#!/bin/sh\nexec {ROOT}/dev/helm "$@"\n')
    (folder / "helm").chmod(0o755)
    (folder / "kubeconfig").write_text(cluster.run("kubectl", "config", "view", "--raw", "--minify"))
    cluster.run("kubectl", "--kubeconfig", folder / "kubeconfig", "config", "set-context", "--current", "--namespace", space.name)
    return {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", "KUBECONFIG": str(folder / "kubeconfig")}


def test_five_commands_lead_to_a_graph(space):
    cluster.on_host("dev/monitoring/up")
    cluster.on_host("dev/helm", "uninstall", "tidegate", "-n", "tidegate-system", "--ignore-not-found", "--wait")
    given, began = commands(), time.monotonic()
    assert len(given) <= 5 and given[-1].endswith("-grafana 3000:80"), given
    for command in given[:-1]:
        for theirs, ours in HERE.items():
            command = command.replace(theirs, ours)
        with tempfile.TemporaryFile("w+") as said:  # not a pipe, which what goes on in the background would keep open
            done = subprocess.run(["bash", "-euc", command], cwd=ROOT, env=environment(space), stdout=said, stderr=said, timeout=300)
            said.seek(0)
            assert done.returncode == 0, f"{command}\n{said.read()}"
    dashboards = json.loads(cluster.run("kubectl", "-n", "tidegate-system", "get", "configmaps", "-l", "grafana_dashboard=1", "-o", "json"))
    assert any("tidegate-pipeline.json" in found["data"] for found in dashboards["items"]), "Grafana would not find the dashboard"
    until("a graph of what goes through", lambda: monitoring.has_graph("tidegate-pipeline: Taken in and given out", space.name, "hello"), 120)
    took = time.monotonic() - began
    assert took < MINUTES * 60, took
    return f"after {took:.0f} s"
