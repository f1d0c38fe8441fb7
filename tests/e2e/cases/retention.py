"""What a deleted pipeline leaves behind is what it was told to leave."""
import topics
from cluster import until
from pipelines import Pipeline, not_yet, payments, picked, rows


def test_topics_go_or_stay_as_declared(space):
    pipeline = payments("keep", space)
    pipeline["spec"]["topics"].append({"name": f"{space.database}_out", "partitions": 1, "deletionPolicy": "Retain"})
    space.apply(pipeline)
    keep = Pipeline(space, "keep")
    keep.wait_ready()
    keep.feed(rows(0, 100))
    until("all rows are there", lambda: picked(space) == 100, 60)
    assert {f"{space.database}_in", f"{space.database}_out"} <= topics.names()
    space.kubectl("delete", "pipelines.tidegate.io", "keep", "--timeout=60s")
    until("the topic marked Delete is gone", lambda: f"{space.database}_in" not in topics.names(), 30)
    assert f"{space.database}_out" in topics.names()


def test_workloads_are_gone_and_the_rows_stay(space):
    def left():
        return space.kubectl("get", "pods,statefulsets,deployments,services,persistentvolumeclaims", "-o", "name").split()

    until("no workloads", lambda: not left() or not_yet(left()), 60)
    assert picked(space) == 100


def test_what_was_kept_is_taken_up_again(space):
    pipeline = payments("keep", space)
    pipeline["spec"]["topics"].append({"name": f"{space.database}_out", "partitions": 1, "deletionPolicy": "Retain"})
    space.apply(pipeline)
    keep = Pipeline(space, "keep")
    keep.wait_ready()
    keep.feed(rows(100, 50))
    until("old and new rows are there", lambda: picked(space) == 150, 60)
    space.kubectl("delete", "pipelines.tidegate.io", "keep", "--timeout=60s")
