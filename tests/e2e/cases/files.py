"""examples/files.yaml: CSV files on a volume become records, the large ones Parquet files on it again; each once, although
both workers are killed in between."""
import base64
import collections
import pathlib
import tempfile

import duckdb

import cluster
from cluster import until
from pipelines import Pipeline, not_yet

CLAIM = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "exchange"},
         "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}
# Whoever brings the files and takes them away: as restricted as the namespace asks, in the group that the workers are in.
HAND = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "hand"}, "spec": {
    "automountServiceAccountToken": False,
    "terminationGracePeriodSeconds": 0,
    "securityContext": {"runAsNonRoot": True, "runAsUser": 65533, "runAsGroup": 65532, "fsGroup": 65532,
                        "seccompProfile": {"type": "RuntimeDefault"}},
    "containers": [{"name": "hand", "image": "tidegate.local/dev/busybox:1", "imagePullPolicy": "IfNotPresent",
                    "command": ["sleep", "86400"],
                    "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
                    "volumeMounts": [{"name": "exchange", "mountPath": "/exchange"}]}],
    "volumes": [{"name": "exchange", "persistentVolumeClaim": {"claimName": "exchange"}}]}}
ROWS = 40_000  # of a file: eight seconds at the example's rate limit


def hand(space, command):
    """What the command prints, which may run twice: on a busy machine the end of it can get lost, without an error, on the
    way through kubectl, so it is marked."""
    for _ in range(5):
        said = space.kubectl("exec", "hand", "--", "sh", "-ec", command + "\necho whole")
        if said.endswith("whole\n"):
            return said.removesuffix("whole\n")
    raise RuntimeError(f"{command}: cut off after {len(said)} characters")


def rows(file):
    return [(n, round(n % 200 + n % 100 / 100, 2)) for n in range(file * ROWS, (file + 1) * ROWS)]


def bring(space, file, extra=""):
    lines = "".join(f"{card},{amount:.2f},2026-11-26T10:00:00Z\n" for card, amount in rows(file))
    put = f"cat > /exchange/in/.coming && mv /exchange/in/.coming /exchange/in/{file:04}.csv"
    space.kubectl("exec", "-i", "hand", "--", "sh", "-c", put, text="card_id,amount,paid_at\n" + extra + lines)


def archived(space):
    """The rows of every file in out/, as often as they are there."""
    names = hand(space, "find /exchange/out -name '[!.]*.parquet' 2>/dev/null || true").split()
    found = collections.Counter()
    with tempfile.TemporaryDirectory() as folder:
        for number, name in enumerate(names):
            path = pathlib.Path(folder) / f"{number}.parquet"
            path.write_bytes(base64.b64decode(hand(space, f"base64 {name}")))
            found.update((card, float(amount)) for card, amount in
                         duckdb.sql(f"SELECT card_id, amount FROM read_parquet('{path}')").fetchall())
    return found


def kill(space, stage):
    [pod] = [p for p in space.stage_pods("files", stage) if "deletionTimestamp" not in p["metadata"]]
    cluster.kill_dead(space, pod["metadata"]["name"])


def test_a_missing_claim_is_named(space):
    space.apply_file("examples/files.yaml")
    files = Pipeline(space, "files")

    def named():
        stalled = files.condition("Stalled")
        return stalled.get("reason") == "ReferenceNotFound" and "PersistentVolumeClaim 'exchange'" in stalled["message"] \
            or not_yet(stalled)

    until("Stalled names the claim", named, 30)


def test_a_missing_folder_is_waited_for_and_said(space):
    space.apply(CLAIM, HAND)
    space.kubectl("wait", "--for=condition=Ready", "pod/hand", "--timeout=60s")
    Pipeline(space, "files").wait_not_ready(["Waiting", "source arrivals", "Volume: in/: No such file or directory"], 240)


def test_rows_of_files_arrive_once_through_kills(space):
    files = Pipeline(space, "files")
    hand(space, "mkdir -p /exchange/in")
    files.wait_ready(60)
    bring(space, 0)
    until("the first file is on its way", lambda: files.stage("arrivals").get("state") == "Flowing", 60)
    kill(space, "arrivals")
    bring(space, 1, extra="nobody,1,\n")
    until("something is stored", lambda: archived(space), 60)
    kill(space, "archive")
    bring(space, 2)
    expected = collections.Counter(row for file in range(3) for row in rows(file) if row[1] >= 100)
    until("all large payments are stored", lambda: sum(archived(space).values()) >= sum(expected.values()), 180, every=2)
    assert archived(space) == expected, "rows are missing, or there twice"
    hidden = hand(space, "find /exchange/out -name '.*.unfinished'")
    until("nothing half written is left", lambda: not hidden or not hand(space, "find /exchange/out -name '.*.unfinished'"), 60)
    return f"{sum(expected.values()):,} rows"


def test_its_status_tells_no_lag_but_dead_letters(space):
    files = Pipeline(space, "files")
    until("one dead letter", lambda: files.stage("arrivals").get("deadLetters") == 1, 60)
    assert "lagRecords" not in files.stage("arrivals"), files.stage("arrivals")
    until("idle", lambda: files.wait_ready()["reason"] == "Idle", 90)
    letter = cluster.cli("dead-letters", "show", "files", "arrivals", "-n", space.name)
    assert "in/0001.csv, line 2: " in letter and "nobody" in letter, letter


def test_the_volume_stays_when_the_pipeline_goes(space):
    space.kubectl("delete", "pipelines.tidegate.io", "files", "--timeout=60s")
    assert hand(space, "ls /exchange/in").split() == ["0000.csv", "0001.csv", "0002.csv"]
    assert space.get("persistentvolumeclaims", "exchange")["status"]["phase"] == "Bound"
