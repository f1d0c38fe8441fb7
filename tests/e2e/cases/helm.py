"""Tidegate is upgraded, removed and installed again with Helm 3 and 4 while a pipeline runs: no data pod notices."""
import cluster
from cluster import restarts, until
from pipelines import Pipeline, end_feed, not_yet, payments, picked, rows

EXCLUSIVE = True


def data_pods(space):
    return sorted((p["metadata"]["uid"], restarts(p)) for p in space.pods("tidegate.io/pipeline=calm"))


def operator_uids():
    return {pod["metadata"]["uid"] for pod in cluster.Namespace("tidegate-system").pods("app.kubernetes.io/name=tidegate")}


def install(version, *settings):
    cluster.on_host("env", f"HELM_VERSION={version}", "dev/demo/install", "tidegate-system", *settings)


def helm_test(version):
    cluster.on_host("env", f"HELM_VERSION={version}", "dev/helm", "test", "tidegate", "-n", "tidegate-system", "--timeout", "240s")


def uninstall(version):
    cluster.on_host("env", f"HELM_VERSION={version}", "dev/helm", "uninstall", "tidegate", "-n", "tidegate-system", "--wait")


def test_helm_test_sends_a_record_through_and_leaves_nothing(space):
    helm_test(4)
    system = cluster.Namespace("tidegate-system")
    kinds = "pipelines.tidegate.io,kafkaclusters.tidegate.io,persistentvolumeclaims"
    until("what it made is gone", lambda: system.kubectl("get", kinds, "-o", "name") == "" or not_yet(system.kubectl("get", kinds)), 60)


def test_upgrade_with_helm_4(space):
    space.apply(payments("calm", space))
    calm = Pipeline(space, "calm")
    calm.wait_ready()
    space.before = data_pods(space)
    space.feed = calm.feed_beside(rows(0, 60_000), speed=1000)
    before = operator_uids()
    # To Kubernetes another image, which would roll every data pod, were they not pinned.
    install(4, "--set", "image.repository=tidegate/tidegate", "--set", "worker.image=docker.io/tidegate/tidegate:dev", "--set", "logLevel=debug")
    until("the new operator alone is there", lambda: not operator_uids() & before, 60)
    assert data_pods(space) == space.before


def test_the_operator_never_writes_what_git_may_hold(space):
    managers = space.get("pipelines", "calm")["metadata"]["managedFields"]
    ours = [entry["fieldsV1"] for entry in managers if "kubectl" not in entry["manager"]]
    assert ours and {key for fields in ours for key in fields} <= {"f:status", "f:metadata"}, ours
    assert {key for fields in ours for key in fields.get("f:metadata", {})} <= {"f:finalizers"}, ours


def test_uninstall_keeps_records_flowing_and_the_command_line_warns(space):
    uninstall(4)
    count = picked(space)
    until("records flow without an operator", lambda: picked(space) > count + 2000, 30)
    # At once if the operator could still release its Lease, else when the Lease is two durations old.
    until("the command line warns", lambda: "WARNING" in cluster.cli("status", "calm", "-n", space.name), 40)
    assert data_pods(space) == space.before


def test_install_and_upgrade_with_helm_3(space):
    install(3)
    install(3, "--set", "logLevel=debug")
    given = end_feed(space.feed)
    until("every row is there", lambda: picked(space) == given, 60)
    Pipeline(space, "calm").wait_ready(60)
    assert data_pods(space) == space.before
    helm_test(3)
