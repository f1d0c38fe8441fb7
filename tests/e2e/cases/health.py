"""What goes wrong in silence elsewhere is named in status (cases/alerts.py: and reaches Alertmanager)."""
import time

from cluster import until
from pipelines import Pipeline, payments, rows


def problems(pipeline):
    return {p["reason"]: p for p in pipeline.get().get("status", {}).get("problems", [])}


def told(pipeline, *reasons):
    seen = problems(pipeline)
    return all(reason in seen for reason in reasons) and seen


def test_a_silent_source_is_told_when_records_are_due(space):
    pipeline = payments("silent", space)
    pipeline["spec"]["topics"][0]["expectEvery"] = "20s"
    space.apply(pipeline)
    silent = Pipeline(space, "silent")
    silent.wait_ready()
    began = time.monotonic()
    silent.feed(rows(0, 10))
    until("records came", lambda: "SilentSource" not in problems(silent), 20)  # on a busy machine they may have been due before
    seen = until("the silence is told", lambda: told(silent, "SilentSource"), 50)
    assert time.monotonic() - began > 20  # not before it was due
    assert seen["SilentSource"]["subject"] == f"{space.database}_in" and seen["SilentSource"]["stage"] == "intake", seen
    silent.feed(rows(10, 10))
    until("records came", lambda: "SilentSource" not in problems(silent), 20)
