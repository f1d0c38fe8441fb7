"""Edits that cannot work are refused or named, and never stop what runs."""
import json

from cluster import until
from pipelines import KIND, Pipeline, not_yet, payments, picked, rows


def query(text):
    return [{"op": "replace", "path": "/spec/processors/0/sql/query", "value": text}]


def edits(topic):
    """name -> (JSON patch, what the message must name)"""
    return {
        "bad syntax": (query(f"SELEC id FROM {topic}"), "sql.query"),
        "unknown column": (query(f"SELECT id, nothing FROM {topic}"), "nothing"),
        "aggregate": (query(f"SELECT id, sum(amount) AS amount FROM {topic} GROUP BY id"), "sql.query"),
        "volatile function": (query(f"SELECT id, random() AS name, amount FROM {topic}"), "random"),
        "file access": (query("SELECT * FROM read_text('/etc/passwd')"), "sql.query"),
        "key is no column": ([{"op": "replace", "path": "/spec/sinks/0/key", "value": ["nokey"]}], "nokey"),
        "missing Secret": ([{"op": "replace", "path": "/spec/sinks/0/postgres/dsnSecretRef/name", "value": "absent"}], "absent"),
        "cycle": ([{"op": "add", "path": "/spec/topics/-", "value": {"name": "ring", "partitions": 1}},
                   {"op": "add", "path": "/spec/topics/-", "value": {"name": "round", "partitions": 1}},
                   {"op": "add", "path": "/spec/processors/-",
                    "value": {"name": "there", "from": ["ring"], "to": "round", "sql": {"query": "SELECT * FROM ring"}}},
                   {"op": "add", "path": "/spec/processors/-",
                    "value": {"name": "back", "from": ["round"], "to": "ring", "sql": {"query": "SELECT * FROM round"}}}],
                  "processors"),
        "unknown topic": ([{"op": "replace", "path": "/spec/sinks/0/from", "value": "nowhere"}], "from"),
    }


def uids(space):
    return sorted((p["metadata"]["name"], p["metadata"]["uid"]) for p in space.pods("tidegate.io/pipeline=edit"))


def test_each_mistake_is_named_while_the_old_pipeline_runs_on(space):
    space.apply(payments("edit", space))
    edit = Pipeline(space, "edit")
    edit.wait_ready()
    good = {"spec": edit.get()["spec"]}
    pods, sent, refused, stalled = uids(space), 0, 0, 0
    for name, (patch, word) in edits(f"{space.database}_in").items():
        answer = space.kubectl("patch", KIND, "edit", "--type=json", "-p", json.dumps(patch), check=False)
        if answer.returncode != 0:
            assert word.split(".")[-1] in answer.stderr, f"{name}: {answer.stderr}"
            refused += 1
            continue

        def named():
            condition = edit.condition("Stalled")
            return condition.get("status") == "True" and word in condition["message"] or not_yet((name, condition))

        until(f"Stalled=True names {word}", named, 30)
        stalled += 1
        edit.feed(rows(sent, 10))
        sent += 10
        until(f"records flow despite: {name}", lambda: picked(space) == sent, 30)
        assert uids(space) == pods, f"{name}: pods were replaced"
        space.kubectl("patch", KIND, "edit", "--type=json", "-p",
                      json.dumps([{"op": "replace", "path": "/spec", "value": good["spec"]}]))
        until("Stalled is over", lambda: edit.condition("Stalled").get("status") != "True", 30)
    edit.wait_ready(30)
    return f"{refused} refused by the API server, {stalled} named by the operator"


def test_a_good_edit_rolls_out_without_loss(space):
    edit, before = Pipeline(space, "edit"), picked(space)
    [patch] = query(f"SELECT id, name, amount * 2 AS amount FROM {space.database}_in WHERE amount > 0")
    space.kubectl("patch", KIND, "edit", "--type=json", "-p", json.dumps([patch]))
    edit.wait_ready(90)
    edit.feed(rows(before, 10))
    until("the new query is at work", lambda: space.query("SELECT count(*) FROM picked WHERE amount = 3")[0][0] == 10, 60)
    assert picked(space) == before + 10
