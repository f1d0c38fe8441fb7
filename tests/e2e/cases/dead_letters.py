"""Bad records of every kind end in the dead letters: exactly those, byte for byte, with where they came from."""
import json

import cluster
import topics
from cluster import until
from pipelines import Pipeline, payments

GOOD = json.dumps({"id": 1, "name": "7", "amount": 1.0}).encode()
REFUSED = json.dumps({"id": 6, "name": "8", "amount": 5000.0}).encode()
# reason -> value; the key and header that each record carries come back with it
BAD = {
    "Malformed": b'{"id": 2, "name": \xff\x00 "n"',
    "WrongType": b'{"id": "two", "name": "1", "amount": 1.0}',
    "MissingField": b'{"id": null, "name": "1", "amount": 1.0}',
    "Oversized": json.dumps({"id": 4, "name": "1" * 600_000, "amount": 1.0}).encode(),
    "QueryFailed": b'{"id": 5, "name": "no number", "amount": 1.0}',
}


def test_good_records_are_not_held_up(space):
    pipeline = payments("bad", space)
    pipeline["spec"]["processors"][0]["sql"]["query"] = (
        f"SELECT id, CAST(name AS INTEGER) AS name, amount FROM {space.database}_in WHERE amount > 0")
    space.query("CREATE TABLE picked (id bigint PRIMARY KEY, name integer, amount double precision CHECK (amount < 1000))")
    space.apply(pipeline)
    Pipeline(space, "bad").wait_ready()
    records = [(b"k-good", GOOD, [])]
    records += [(f"k-{reason}".encode(), value, [("trace", reason.encode())]) for reason, value in BAD.items()]
    records += [(b"k-refused", REFUSED, []), (b"k-last", GOOD.replace(b'"id": 1', b'"id": 9'), [])]
    topics.produce(f"{space.database}_in", records, partition=1)
    until("both good rows are there", lambda: space.query("SELECT id FROM picked ORDER BY id") == [(1,), (9,)], 60)


def test_each_bad_record_is_kept_whole_with_its_origin(space):
    until("five dead letters", lambda: len(topics.dead_letters(space, "bad", "pick")) >= len(BAD), 30)
    letters = topics.dead_letters(space, "bad", "pick")
    found = {topics.headers(m)["tidegate-reason"]: m for m in letters}
    assert len(letters) == len(BAD) and found.keys() == BAD.keys(), [topics.headers(m) for m in letters]
    for offset, (reason, value) in enumerate(BAD.items(), start=1):
        message, headers = found[reason], topics.headers(found[reason])
        assert message.value() == value, f"{reason}: the bytes differ"
        assert message.key() == f"k-{reason}".encode(), message.key()
        assert headers["trace"] == reason, headers
        origin = {key: headers["tidegate-" + key] for key in ("topic", "partition", "offset", "pipeline", "stage")}
        assert origin == {"topic": f"{space.database}_in", "partition": "1", "offset": str(offset), "pipeline": "bad",
                          "stage": "pick"}, origin
        assert headers["tidegate-message"] and headers["tidegate-time"] and int(headers["tidegate-timestamp"]) > 0, headers


def test_what_postgresql_refuses_is_kept_by_the_sink(space):
    until("one dead letter", lambda: len(topics.dead_letters(space, "bad", "table")) >= 1, 30)
    [letter] = topics.dead_letters(space, "bad", "table")
    headers = topics.headers(letter)
    assert headers["tidegate-reason"] == "Rejected" and headers["tidegate-stage"] == "table", headers
    assert json.loads(letter.value()) == {"id": 6, "name": 8, "amount": 5000.0}, letter.value()
    original = [m for m in topics.read_all(f"{space.database}_out") if m.value() == letter.value()]
    assert [str(m.offset()) for m in original] == [headers["tidegate-offset"]], "the origin does not hold the record"


def test_status_counts_them(space):
    bad = Pipeline(space, "bad")
    until("5 and 1", lambda: [bad.stage(s).get("deadLetters") for s in ("pick", "table")] == [len(BAD), 1], 45)


def letters(space, *words, by):
    return cluster.cli("dead-letters", *words, "-n", space.name, "--kubeconfig", by, check=False)


def test_who_may_edit_sees_them_and_who_may_view_does_not(space):
    space.editor = cluster.user(space, "editor", "edit")
    said = letters(space, "list", "bad", "-o", "json", by=space.editor)
    assert said.returncode == 0, said.stderr
    counts = {stage: {r["reason"]: r["count"] for r in found["reasons"]} for stage, found in json.loads(said.stdout).items()}
    assert counts == {"pick": dict.fromkeys(BAD, 1), "table": {"Rejected": 1}}, counts
    said = letters(space, "show", "bad", "pick", "--reason", "QueryFailed", by=space.editor)
    [shown] = [json.loads(line) for line in said.stdout.splitlines()]
    assert shown["value"] == BAD["QueryFailed"].decode() and shown["origin"]["topic"] == f"{space.database}_in", shown
    said = letters(space, "list", "bad", by=cluster.user(space, "viewer", "view"))
    assert said.returncode == 1 and "jobs" in said.stderr, said.stderr
    assert not space.get("jobs")["items"]


def test_a_row_is_in_the_table_once_the_table_takes_it(space):
    said = letters(space, "replay", "bad", "table", "--field", "id=6", by=space.editor)
    assert "1 replayed, of which 1 failed again" in said.stdout, said.stdout + said.stderr
    space.query("ALTER TABLE picked DROP CONSTRAINT picked_amount_check")
    said = letters(space, "replay", "bad", "table", "--reason", "Rejected", "--limit", "1", by=space.editor)
    assert "1 replayed, of which 0 failed again" in said.stdout, said.stdout + said.stderr
    assert space.query("SELECT id, amount FROM picked ORDER BY id") == [(1, 1.0), (6, 5000.0), (9, 1.0)]


def test_the_last_records_can_be_looked_at(space):
    said = cluster.cli("tail", "bad", "pick", "-n", space.name, "--limit", "2", "--kubeconfig", space.editor)
    assert len(said.splitlines()) == 2 and all("value" in json.loads(line) for line in said.splitlines()), said
