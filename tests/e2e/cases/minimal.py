"""examples/minimal.yaml as it is: its own Kafka, HTTP in, one query, a pod's log out; and nothing left at the end."""
import cluster
from cluster import until
from pipelines import Pipeline


def logged(space):
    return space.logs(space.stage_pods("hello", "show"))


def test_records_flow_to_the_log(space):
    space.apply_file("examples/minimal.yaml")
    hello = Pipeline(space, "hello")
    feed = hello.feed([b'{"card": "visible-1", "amount": 12.5}\n', b'{"card": "hidden", "amount": 2}\n',
                       b'{"card": "visible-2", "amount": 99}\n', b"no json\n"])
    assert feed.accepted == 3 and [r["line"] for r in feed.rejected] == [4], vars(feed)
    until("both large payments are in the log", lambda: all(f"visible-{i}" in logged(space) for i in (1, 2)), 90)
    assert "hidden" not in logged(space)


def test_without_records_it_is_ready_and_idle(space):
    until("Ready with reason Idle", lambda: Pipeline(space, "hello").wait_ready()["reason"] == "Idle", 60)
    space.kubectl("wait", "--for=condition=Ready", "pipelines.tidegate.io/hello", "--timeout=5s")


def test_the_command_line_shows_it_on_one_screen(space):
    until("the screen says idle", lambda: "Ready (Idle)" in cluster.cli("status", "hello", "-n", space.name), 60)
    screen = cluster.cli("status", "hello", "-n", space.name)
    assert "WARNING" not in screen, screen
    order = [screen.index(f"\n{stage} ") for stage in ("intake", "large", "show")]
    assert order == sorted(order), screen


def test_the_command_line_has_nothing_to_complain_about(space):
    assert "no problem in 2 objects" in cluster.cli("problems", "-n", space.name)
    assert cluster.cli("__complete", "status", "-n", space.name, "he").split() == ["hello", ":4"]


def test_deleted_it_leaves_nothing(space):
    space.kubectl("delete", "pipelines.tidegate.io", "hello", "--timeout=60s")

    def left():
        found = space.kubectl("get", "all,configmaps,persistentvolumeclaims,kafkaclusters.tidegate.io,poddisruptionbudgets",
                              "-o", "name").split()
        return [name for name in found if name != "configmap/kube-root-ca.crt"]

    until("nothing is left", lambda: not left() or not_empty(left()), 90)


def not_empty(names):
    raise RuntimeError(str(names))
