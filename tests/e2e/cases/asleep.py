"""Stages that may go to zero do so when nothing arrives, and the next record wakes them one after the other."""
import time

from cluster import until
from pipelines import Pipeline, payments, picked, rows

STAGES = ("pick", "table")


def test_without_records_no_pod_runs(space):
    pipeline = payments("night", space)
    pipeline["spec"]["objectives"] = {"latency": "10s"}
    for stage in (pipeline["spec"]["processors"][0], pipeline["spec"]["sinks"][0]):
        stage["scale"] = {"min": 0, "max": 2}
    space.apply(pipeline)
    night = Pipeline(space, "night")
    night.feed(rows(0, 100))
    until("every row is there", lambda: picked(space) == 100, 60)
    for stage in STAGES:
        until(f"{stage} sleeps", lambda stage=stage: space.stage_replicas("night", stage) == 0 and not space.stage_pods("night", stage), 420)


def test_asleep_it_is_ready_and_idle(space):
    ready = until("it is ready and idle", lambda: Pipeline(space, "night").is_ready(), 30)
    assert ready["reason"] == "Idle", ready


def test_the_first_record_wakes_it(space):
    began = time.monotonic()
    Pipeline(space, "night").feed(rows(100, 1))
    until("the row is there", lambda: picked(space) == 101, 60)
    return f"in the table {time.monotonic() - began:.0f} s after it was sent"
