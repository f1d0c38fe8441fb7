"""At the end of all: what the operator may do, what it did, and what it needed."""
import json

import cluster
from cluster import run

EXCLUSIVE = True
WHO = "--as=system:serviceaccount:tidegate-system:tidegate"


def may(verb, what, *where):
    return run("kubectl", "auth", "can-i", verb, what, WHO, *(where or ("-A",)), check=False).stdout.strip() == "yes"


def test_the_operator_may_do_what_it_must_and_no_more(space):
    allowed = [("get", "secrets"), ("create", "statefulsets.apps"), ("patch", "pipelines.tidegate.io"),
               ("patch", "pipelines.tidegate.io/status")]
    denied = [("list", "secrets"), ("watch", "secrets"), ("create", "secrets"), ("delete", "secrets"), ("create", "pods"),
              ("delete", "pods"), ("create", "pods/exec"), ("get", "nodes"), ("get", "nodes/proxy"), ("list", "namespaces"),
              ("create", "serviceaccounts/token"), ("create", "clusterroles.rbac.authorization.k8s.io"),
              ("bind", "clusterroles.rbac.authorization.k8s.io"), ("impersonate", "users"),
              ("delete", "pipelines.tidegate.io"), ("update", "pipelines.tidegate.io"),
              ("patch", "customresourcedefinitions.apiextensions.k8s.io"), ("delete", "persistentvolumeclaims"),
              ("create", "jobs.batch"), ("list", "leases.coordination.k8s.io")]
    assert [q for q in allowed if not may(*q)] == []
    assert [q for q in denied if may(*q)] == []


def test_it_was_never_refused_anything(space):
    pods = run("kubectl", "-n", "tidegate-system", "get", "pods", "-l", "app.kubernetes.io/name=tidegate", "-o", "name").split()
    for pod in pods:
        log = run("kubectl", "-n", "tidegate-system", "logs", pod, "--tail=-1")
        refused = [line for line in log.splitlines() if "orbidden" in line and "being terminated" not in line]
        assert not refused, refused[:3]


def test_no_pod_was_refused_by_pod_security(space):
    events = json.loads(run("kubectl", "get", "events", "-A", "--field-selector=reason=FailedCreate", "-o", "json"))["items"]
    refused = [e["note"] if "note" in e else e["message"] for e in events if "PodSecurity" in json.dumps(e)]
    assert not refused, refused[:3]


def test_its_log_is_one_json_object_a_line(space):
    log = run("kubectl", "-n", "tidegate-system", "logs", "deployment/tidegate", "--tail=-1")
    for line in log.splitlines():
        json.loads(line)


def test_the_operator_is_small(space):
    from memory import containers
    [(_, _, size)] = containers("tidegate-system", "app.kubernetes.io/name=tidegate")
    assert size < 128 * 2**20, size
    return f"working set {size / 2**20:.0f} MiB"
