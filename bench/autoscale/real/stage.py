"""The pipeline that really runs: one processor whose replicas are paced, on a Kafka that Tidegate runs."""
import http.client
import json
import subprocess
import time

from confluent_kafka import ConsumerGroupTopicPartitions, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

import cluster
from lag import installation
from pipelines import KIND, Pipeline, manifest

from figures import Sample
from workloads import CAPACITY, MOST, PARTITIONS

SPACE = cluster.Namespace("real")
KAFKA = f"real-kafka.{SPACE.name}:9092"
WORKER = {"requests": {"cpu": "1m", "memory": "32Mi"}, "limits": {"memory": "256Mi"}}


def prepare():
    """The namespace and its Kafka."""
    if not cluster.run("kubectl", "get", "namespace", SPACE.name, "--ignore-not-found"):
        cluster.run("kubectl", "create", "namespace", SPACE.name)
    SPACE.apply({"apiVersion": "tidegate.io/v1alpha1", "kind": "KafkaCluster", "metadata": {"name": "real"},
                 "spec": {"storage": {"size": "2Gi"}}})
    SPACE.kubectl("wait", "--for=condition=Ready", "kafkaclusters.tidegate.io/real", "--timeout=180s", timeout=200)


def report_in(partition):
    """What a worker said beside its commit. This client forgets where the string ends, so that anything may follow the JSON."""
    try:
        said = partition.metadata
    except UnicodeDecodeError as error:
        said = error.object.decode(errors="replace")
    return json.JSONDecoder().raw_decode(said)[0] if said else {}


class Api:
    """The API server through `kubectl proxy`, which signs in for us and costs no process a request."""

    def __init__(self):
        self.proxy = subprocess.Popen(["kubectl", "proxy", "--port=0"], stdout=subprocess.PIPE, text=True)
        self.port = int(self.proxy.stdout.readline().rsplit(":", 1)[1])

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)

    def close(self):
        self.proxy.terminate()
        self.proxy.wait(10)


class Stage:
    """One pipeline. Not thread-safe: whoever samples it also scales it."""

    FAILURES = (KafkaException, OSError, http.client.HTTPException)

    def __init__(self, api, name):
        self.name, self.topic = name, f"{name}-in"
        self.pipeline = Pipeline(SPACE, name)
        self.api, self.connection = api, None
        self.admin = AdminClient({"bootstrap.servers": KAFKA, "log_level": 0})
        self.partitions = [TopicPartition(self.topic, p) for p in range(PARTITIONS)]

    def create(self):
        SPACE.apply(manifest(self.name, {
            "kafka": {"clusterRef": {"name": "real"}},
            "objectives": {"latency": "5s"},
            "topics": [{"name": self.topic, "partitions": PARTITIONS, "deletionPolicy": "Delete",
                        "value": {"fields": [{"name": "n", "type": "BIGINT", "required": True}]}},
                       {"name": f"{self.name}-out", "partitions": 1, "deletionPolicy": "Delete"}],
            "processors": [{"name": "work", "from": [self.topic], "to": f"{self.name}-out", "rateLimit": CAPACITY,
                            "scale": {"min": 1, "max": MOST}, "resources": WORKER,
                            "sql": {"query": f'SELECT n FROM "{self.topic}" WHERE n % 10 = 0'}}]}))
        self.pipeline.wait_ready(180)
        self.group = f"tidegate.{installation()}.{SPACE.name}.{self.name}.work"
        found = SPACE.get("statefulsets", labelSelector=f"tidegate.io/pipeline={self.name}")["items"]
        self.workload = f"/apis/apps/v1/namespaces/{SPACE.name}/statefulsets/{found[0]['metadata']['name']}"

    def delete(self):
        SPACE.kubectl("delete", KIND, self.name, "--wait", "--timeout=120s", timeout=150)
        cluster.until("its pods are gone", lambda: not SPACE.stage_pods(self.name, "work"), 90)

    def explain(self):
        return cluster.cli("explain", self.name, "-n", SPACE.name, "-o", "json")

    def scale(self, replicas):
        """Exactly so many, by the hands of the operator."""
        self.call("PATCH", f"/apis/tidegate.io/v1alpha1/namespaces/{SPACE.name}/pipelines/{self.name}",
                  [{"op": "replace", "path": "/spec/processors/0/scale", "value": {"min": replicas, "max": replicas}}])

    def call(self, method, path, patch=None):
        if self.connection is None:
            self.connection = self.api.connect()
        try:
            self.connection.request(method, path, json.dumps(patch) if patch else None,
                                    {"Content-Type": "application/json-patch+json"} if patch else {})
            answer = self.connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException):
            self.connection = None
            raise
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {body[:300].decode()}")
        return json.loads(body)

    def sample(self, began):
        """`began`: the wall clock at the first arrival."""
        asked = ConsumerGroupTopicPartitions(self.group, self.partitions)
        # Positions first: a position is never beyond an end that was read after it.
        positions = self.admin.list_consumer_group_offsets([asked], request_timeout=5)[self.group].result().topic_partitions
        at = time.time() - began
        latest = self.admin.list_offsets({p: OffsetSpec.latest() for p in self.partitions}, request_timeout=5)
        workload = self.call("GET", self.workload)
        reports = [report_in(p) for p in sorted(positions, key=lambda p: p.partition)]
        return Sample(at=round(at, 3), ends=[latest[p].result().offset for p in self.partitions],
                      positions=[r.get("pos", 0) for r in reports], holders=[r.get("by", -1) for r in reports],
                      commits=[round(r["at"] / 1000 - began, 3) if r else 0.0 for r in reports],
                      asked=workload["spec"]["replicas"], ready=workload["status"].get("readyReplicas", 0))
