"""examples/lake.yaml, with an S3 server beside the cluster: every record is in one object, also when the sink is killed."""
import json
import pathlib
import tempfile

import duckdb

import cluster
from cluster import kill_dead, run, until
from pipelines import Pipeline

PORT = 7070
PAYMENTS = 20_000


def payments(first, count):
    return [json.dumps({"card_id": n % 97, "amount": f"{n / 100:.2f}", "paid_at": "2026-01-31T12:00:00Z"}).encode() + b"\n"
            for n in range(first, first + count)]


def example(space, address):
    """With the shared Kafka, this server, and objects every two seconds."""
    pipeline = json.loads(space.kubectl("create", "--dry-run=client", "-o", "json", "-f", cluster.ROOT / "examples/lake.yaml"))
    spec, topic = pipeline["spec"], f"{space.database}_payments"
    spec["kafka"] = {"external": {"bootstrapServers": cluster.SHARED_KAFKA}}
    spec["topics"][0] |= {"name": topic, "deletionPolicy": "Delete"}
    spec["sources"][0]["to"] = spec["sinks"][0]["from"] = topic
    spec["sinks"][0]["s3"] |= {"endpoint": f"http://{address}:{PORT}", "region": "eu-test-1", "maxAge": "2s"}
    return pipeline


def in_the_bucket(bucket):
    """(objects, records, different records)."""
    objects = sorted(str(path) for path in bucket.rglob("*.parquet"))
    if not objects:
        return 0, 0, 0
    return (len(objects), *duckdb.execute("SELECT count(*), count(DISTINCT amount) FROM read_parquet($1)", [objects]).fetchone())


def test_the_lake_example_fills_a_bucket(space):
    node = run("kubectl", "get", "nodes", "-o", "jsonpath={.items[0].status.addresses[?(@.type=='InternalIP')].address}")
    folder = tempfile.mkdtemp(dir=cluster.SCRATCH.name)
    bucket = pathlib.Path(folder) / "data" / "shop-lake"
    bucket.mkdir(parents=True)
    cluster.on_host("dev/go/install", "s3")
    run(cluster.ROOT / "dev/s3/local", "up", folder, PORT, node)
    try:
        space.secret("lake", id="tidegate", secret="geheim-geheim")
        space.apply(example(space, node))
        lake = Pipeline(space, "lake")
        lake.wait_ready(120)
        lake.feed(payments(0, PAYMENTS // 2))
        until("objects appear", lambda: in_the_bucket(bucket)[0], 60)
        kill_dead(space, space.stage_pods("lake", "archive")[0]["metadata"]["name"])
        lake.feed(payments(PAYMENTS // 2, PAYMENTS // 2))
        until("every record is in the bucket", lambda: in_the_bucket(bucket)[2] == PAYMENTS, 120)
        objects, records, _ = in_the_bucket(bucket)
        assert records == PAYMENTS, f"{records} records of {PAYMENTS}"
        lake.wait_ready(60)
        return f"{records:,} records in {objects} objects"
    finally:
        run(cluster.ROOT / "dev/s3/local", "down", folder)
