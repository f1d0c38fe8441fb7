"""What goes wrong in silence elsewhere: named within a minute, with the stage and the field, and over after the repair."""
import json
import time

from cluster import until
from pipelines import Pipeline, finish_feed, payments, rows

MINUTE = 60


def problems(pipeline):
    return {p["reason"]: p for p in pipeline.get().get("status", {}).get("problems", [])}


def told(pipeline, *reasons):
    seen = problems(pipeline)
    return all(reason in seen for reason in reasons) and seen


def renamed(first, count):
    """The producer says `total` where it said `amount`: the query matches nothing."""
    return [line.replace(b'"amount"', b'"total"') for line in rows(first, count)]


def test_a_renamed_field_is_named_within_a_minute(space):
    space.apply(payments("drift", space))
    drift = Pipeline(space, "drift")
    drift.wait_ready()
    finish_feed(drift.feed_beside(rows(0, 8_000), speed=100))  # 80 s: it learns for 60
    assert not problems(drift), problems(drift)
    began = time.monotonic()
    feed = drift.feed_beside(renamed(8_000, 6_000), speed=100)
    seen = until("both problems are told", lambda: told(drift, "SchemaDrift", "CollapsedOutput"), MINUTE)
    print(f"told after {time.monotonic() - began:.0f} s: {json.dumps(seen)}")
    assert seen["SchemaDrift"]["stage"] == seen["CollapsedOutput"]["stage"] == "pick"
    assert seen["SchemaDrift"]["subject"] == "amount"
    healthy = drift.condition("Healthy")
    assert healthy["status"] == "False" and "pick" in healthy["message"], healthy
    assert drift.condition("Ready")["status"] == "True"  # records flow: that alone would have said nothing
    finish_feed(feed)
    feed = drift.feed_beside(rows(14_000, 6_000), speed=100)
    until("nothing is wrong any more", lambda: not problems(drift), MINUTE)
    finish_feed(feed)


def test_a_silent_source_is_told_when_records_are_due(space):
    space.kubectl("delete", "pipelines.tidegate.io", "drift", "--timeout=90s")  # it declares the same topics
    pipeline = payments("silent", space)
    pipeline["spec"]["topics"][0]["expectEvery"] = "20s"
    space.apply(pipeline)
    silent = Pipeline(space, "silent")
    silent.wait_ready()
    began = time.monotonic()
    silent.feed(rows(0, 10))
    seen = until("the silence is told", lambda: told(silent, "SilentSource"), 50)
    assert time.monotonic() - began > 20  # not before it was due
    assert seen["SilentSource"]["subject"] == f"{space.database}_in" and seen["SilentSource"]["stage"] == "intake", seen
    silent.feed(rows(10, 10))
    until("records came", lambda: "SilentSource" not in problems(silent), 20)
