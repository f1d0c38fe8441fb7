"""examples/windows.yaml: a window comes out once, when it closes, also when the worker dies while it is open; so does one
behind it, whose rows are keyed anew."""
import json
import os
import tempfile

import cluster
from cluster import until
from pipelines import Pipeline

CARDS = [f"card-{i}" for i in range(6)]  # in both partitions
SHOPS = ["north", "south"]


def purchases(clock, amount):
    return [json.dumps({"card": card, "shop": SHOPS[i % 2], "amount": amount, "ts": f"2026-01-01T{clock}Z"}).encode() + b"\n"
            for i, card in enumerate(CARDS)]


def rows(space, sink, topic):
    lines = [json.loads(line) for line in space.logs(space.stage_pods("windows", sink)).splitlines() if line.startswith("{")]
    return [line["value"] for line in lines if line.get("topic") == topic and "value" in line]


def totals(space):
    return rows(space, "show", "totals")


def test_a_window_comes_out_when_it_closes(space):
    space.apply_file("examples/windows.yaml")
    windows = Pipeline(space, "windows")
    fed = windows.feed(purchases("10:00:01", 1.25) + purchases("10:00:59", 2) + purchases("10:01:04", 4))
    assert fed.accepted == 18, vars(fed)
    windows.wait_ready()  # else nothing could have come out yet
    assert not totals(space), "the window is open until a record came that is 5 s past its end"
    windows.feed(purchases("10:01:05", 8))
    until("the first minute of each card", lambda: len(totals(space)) >= len(CARDS), 90)
    first = totals(space)
    assert sorted(r["card"] for r in first) == CARDS, first
    assert all((r["minute"], r["n"], r["total"]) == ("2026-01-01T10:00:00Z", 2, 3.25) for r in first), first


def test_a_killed_worker_reads_its_open_window_again(space):
    [pod] = space.stage_pods("windows", "sum")
    space.kubectl("delete", "pod", pod["metadata"]["name"], "--grace-period=0", "--force")
    windows = Pipeline(space, "windows")
    windows.feed(purchases("10:02:05", 16))
    until("the second minute of each card", lambda: len(totals(space)) >= 2 * len(CARDS), 90)
    second = [r for r in totals(space) if r["minute"] == "2026-01-01T10:01:00Z"]
    assert sorted(r["card"] for r in second) == CARDS, second
    assert all((r["n"], r["total"]) == (2, 12) for r in second), second


def test_a_window_behind_it_closes_when_the_first_has_come_past_its_end(space):
    windows = Pipeline(space, "windows")
    windows.wait_ready(60)  # a stage that starts says so instead of what it is for
    [internal] = [s for s in windows.get()["status"]["stages"] if "-rekey-" in s["name"]]
    assert internal["message"] == "keys totals by shop for turnover", internal
    assert not rows(space, "show-turnover", "turnover"), "its window is open"
    windows.feed(purchases("10:05:05", 32))
    until("five minutes of each shop", lambda: len(rows(space, "show-turnover", "turnover")) >= len(SHOPS), 90)
    five = sorted(rows(space, "show-turnover", "turnover"), key=lambda r: r["shop"])
    assert [(r["shop"], r["window_start"], r["n"], r["total"]) for r in five] == [
        (shop, "2026-01-01T10:00:00Z", 15, 3 * (3.25 + 12 + 16)) for shop in SHOPS], five


def test_files_give_the_same_without_a_cluster(space):
    fed = b"".join(purchases("10:00:01", 1.25) + purchases("10:00:59", 2) + purchases("10:01:04", 4) + purchases("10:01:05", 8)
                   + purchases("10:02:05", 16))
    with tempfile.NamedTemporaryFile("wb", suffix=".ndjson") as file:
        file.write(fed)
        file.flush()
        answer = cluster.run("env", f"PATH={cluster.ROOT}/build/dev/worker:{os.environ['PATH']}",
                             cluster.ROOT / "build/dev/cli/kubectl-tidegate", "test", "-f",
                             cluster.ROOT / "examples/windows.yaml", "--input", f"purchases={file.name}", "--topic", "turnover")
    ours = [json.loads(line) for line in answer.splitlines()]
    assert sorted(ours, key=lambda r: r["shop"]) == sorted(rows(space, "show-turnover", "turnover"), key=lambda r: r["shop"]), ours


def test_its_progress_is_the_position_and_not_the_rewind(space):
    windows = Pipeline(space, "windows")
    until("no lag", lambda: windows.stage("sum").get("lagRecords", 0) == 0 and windows.wait_ready(), 60)
    late = windows.feed(purchases("10:00:30", 64)[:1])
    assert late.accepted == 1
    until("one dead letter", lambda: windows.stage("sum").get("deadLetters") == 1, 60)
