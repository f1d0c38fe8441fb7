"""The API server restarts in the middle of a change: records flow on and the change completes."""
import json

import cluster
from cluster import until
from pipelines import KIND, Pipeline, finish_feed, payments, picked, rows

EXCLUSIVE = True


def test_a_restart_of_the_api_server_interrupts_nothing(space):
    space.apply(payments("steady", space))
    steady = Pipeline(space, "steady")
    steady.wait_ready()
    feed = steady.feed_beside(rows(0, 20_000), speed=2000)
    until("records flow", lambda: picked(space) > 1000, 60)
    space.kubectl("patch", KIND, "steady", "--type=json", "-p",
                  json.dumps([{"op": "add", "path": "/spec/processors/0/replicas", "value": 2}]))
    space.apply(payments("second", space, sources=[{"name": "intake", "to": f"{space.database}_more", "http": {}}], topics=[
        {"name": f"{space.database}_more", "partitions": 1, "deletionPolicy": "Delete",
         "value": {"fields": [{"name": "id", "type": "BIGINT"}]}}], processors=[{
             "name": "copy", "from": [f"{space.database}_more"], "to": f"{space.database}_copy",
             "sql": {"query": f"SELECT id FROM {space.database}_more"}}],
        sinks=[{"name": "show", "from": f"{space.database}_copy", "log": {}}]))
    cluster.on_host("dev/cluster", "restart", "kube-apiserver", "e2e")
    finish_feed(feed)
    until("every row is there", lambda: picked(space) == 20_000, 60)
    until("the change is complete", lambda: steady.stage("pick").get("readyReplicas") == 2, 90)
    Pipeline(space, "second").wait_ready(90)
