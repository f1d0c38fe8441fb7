"""Kafka or the database is away for a while: status says which stage waits for what, and all recovers alone."""
import cluster
from cluster import until
from pipelines import Pipeline, finish_feed, payments, picked, rows

NO_NEW_PODS = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "no-new-pods"}, "spec": {"hard": {"pods": "0"}}}


def listed(space):
    """Whether `problems` names the stage that waits for its database, and says so by its exit code."""
    done = cluster.cli("problems", "-n", space.name, check=False)
    return done.returncode == 3 and any(line.split()[:5] == ["critical", space.name, "tgp/outage", "table", "Waiting"] and "PostgreSQL" in line
                                        for line in done.stdout.splitlines())


def test_without_the_database_the_sink_says_so_and_catches_up(space):
    cluster.on_host("dev/demo/namespace", space.name)
    space.dsn = f"postgresql://tidegate:tidegate-demo@postgres.{space.name}/warehouse"
    space.secret("warehouse", dsn=space.dsn, password="tidegate-demo")
    space.apply(payments("outage", space, kafka={"managed": {"storage": {"size": "1Gi"}, "deletionPolicy": "Delete"}}))
    outage = Pipeline(space, "outage")
    outage.wait_ready(120)
    outage.feed(rows(0, 1000))
    until("the first rows are there", lambda: picked(space) == 1000, 60)
    space.kubectl("scale", "statefulset/postgres", "--replicas=0")
    space.kubectl("wait", "--for=delete", "pod/postgres-0", "--timeout=60s")
    outage.feed(rows(1000, 1000))
    took = outage.wait_not_ready(["Waiting", "table", "PostgreSQL"], 30)
    until("the command line lists it", lambda: listed(space), 30)
    space.kubectl("scale", "statefulset/postgres", "--replicas=1")
    until("all rows are there", lambda: picked(space) == 2000, 90)
    outage.wait_ready(60)
    return f"said after {took:.1f} s"


def test_without_kafka_the_status_says_so_and_all_recovers(space):
    outage = Pipeline(space, "outage")
    outage.url()
    space.apply(NO_NEW_PODS)
    try:
        space.kubectl("delete", "pod", "outage-kafka-brokers-0", "--grace-period=0", "--force")
        took = outage.wait_not_ready(["Kafka"], 40)
        feed = outage.feed_beside(rows(2000, 2000))
        until("the intake tells its clients to wait", lambda: feed.waits > 0 or feed.repeats > 0, 40)
    finally:
        space.kubectl("delete", "resourcequota", "no-new-pods")
        space.kubectl("annotate", "statefulset/outage-kafka-brokers", "tests/look-again=now")  # ends the controller's backoff
    finish_feed(feed)
    until("all rows are there", lambda: picked(space) == 4000, 90)
    outage.wait_ready(90)
    return f"said after {took:.1f} s"
