"""examples/windows.yaml: a window comes out once, when it closes, also when the worker dies while it is open."""
import json

from cluster import until
from pipelines import Pipeline

CARDS = [f"card-{i}" for i in range(6)]  # in both partitions


def purchases(clock, amount):
    return [json.dumps({"card": card, "amount": amount, "ts": f"2026-01-01T{clock}Z"}).encode() + b"\n" for card in CARDS]


def totals(space):
    logs = "".join(space.kubectl("logs", p["metadata"]["name"]) for p in space.stage_pods("windows", "show"))
    lines = [json.loads(line) for line in logs.splitlines() if line.startswith("{")]
    return [line["value"] for line in lines if line.get("topic") == "totals" and "value" in line]


def test_a_window_comes_out_when_it_closes(space):
    space.apply_file("examples/windows.yaml")
    windows = Pipeline(space, "windows")
    fed = windows.feed(purchases("10:00:01", 1.25) + purchases("10:00:59", 2) + purchases("10:01:04", 4))
    assert fed.accepted == 18, vars(fed)
    assert not totals(space), "the window is open until a record came that is 5 s past its end"
    windows.feed(purchases("10:01:05", 8))
    until("the first minute of each card", lambda: len(totals(space)) >= len(CARDS), 90)
    rows = totals(space)
    assert sorted(r["card"] for r in rows) == CARDS, rows
    assert all((r["window_start"], r["n"], r["total"]) == ("2026-01-01T10:00:00Z", 2, 3.25) for r in rows), rows


def test_a_killed_worker_reads_its_open_window_again(space):
    [pod] = space.stage_pods("windows", "sum")
    space.kubectl("delete", "pod", pod["metadata"]["name"], "--grace-period=0", "--force")
    windows = Pipeline(space, "windows")
    windows.feed(purchases("10:02:05", 16))
    until("the second minute of each card", lambda: len(totals(space)) >= 2 * len(CARDS), 90)
    rows = [r for r in totals(space) if r["window_start"] == "2026-01-01T10:01:00Z"]
    assert sorted(r["card"] for r in rows) == CARDS, rows
    assert all((r["n"], r["total"]) == (2, 12) for r in rows), rows


def test_its_progress_is_the_position_and_not_the_rewind(space):
    windows = Pipeline(space, "windows")
    until("no lag", lambda: windows.stage("sum").get("lagRecords", 0) == 0 and windows.wait_ready(), 60)
    late = windows.feed(purchases("10:00:30", 32)[:1])
    assert late.accepted == 1
    until("one dead letter", lambda: windows.stage("sum").get("deadLetters") == 1, 60)
