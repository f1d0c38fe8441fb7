"""A KafkaCluster of three nodes: one is killed under load, nothing is lost."""
from cluster import kill_dead, until
from pipelines import Pipeline, finish_feed, payments, picked, rows


def test_a_killed_node_costs_nothing(space):
    space.apply({"apiVersion": "tidegate.io/v1alpha1", "kind": "KafkaCluster", "metadata": {"name": "three"},
                 "spec": {"replicas": 3, "storage": {"size": "1Gi"}, "deletionPolicy": "Delete"}})
    space.apply(payments("trio", space, kafka={"clusterRef": {"name": "three"}}))
    trio = Pipeline(space, "trio")
    trio.wait_ready(180)
    # Kafka may serve the pipeline before the last pod has been probed.
    until("all nodes are ready", lambda: space.get("kafkaclusters", "three")["status"]["readyReplicas"] == 3, 30)
    feed = trio.feed_beside(rows(0, 30_000), speed=1500)
    until("records flow", lambda: picked(space) > 3000, 60)
    kill_dead(space, "three-kafka-brokers-1")
    finish_feed(feed)
    until("every row is there", lambda: picked(space) == 30_000, 90)
    trio.wait_ready(60)
    space.kubectl("delete", "pipelines.tidegate.io", "trio", "--timeout=60s")
    return f"{feed.waits} requests were told to wait, {feed.repeats:,} rows were sent again"
