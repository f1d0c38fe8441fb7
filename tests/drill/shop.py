"""The pipeline that is broken: orders -> pick -> picked -> table, with a Kafka of its own, fed from outside all the time."""
import json
import threading
import time

import confluent_kafka

from pipelines import Pipeline, manifest

NAME = "shop"
RATE = 20  # records per second


def spec(**changes):
    return {
        "kafka": {"managed": {"replicas": 1, "storage": {"size": "1Gi"}, "deletionPolicy": "Delete"}},
        "objectives": {"latency": "10s"},
        "topics": [{"name": "orders", "partitions": 2, "deletionPolicy": "Delete",
                    "value": {"fields": [{"name": "id", "type": "BIGINT", "required": True},
                                         {"name": "name", "type": "VARCHAR"},
                                         {"name": "amount", "type": "DOUBLE"}]}}],
        "processors": [{"name": "pick", "from": ["orders"], "key": ["id"], "to": "picked",
                        "sql": {"query": "SELECT id, name, amount FROM orders WHERE amount > 0"}}],
        "sinks": [{"name": "table", "from": "picked", "key": ["id"],
                   "postgres": {"table": "picked", "createTable": True, "dsnSecretRef": {"name": "warehouse", "key": "dsn"}}}],
        **changes,
    }


def good(number):
    """Nine of ten get through `pick`."""
    return json.dumps({"id": number, "name": f"n{number}", "amount": 1.5 if number % 10 else -1.0}).encode()


class Feed:
    """Writes `rate` records a second to topic `orders`, in a thread, until stopped; `make` and `rate` may be changed at any time."""

    def __init__(self, namespace, partitions=2):
        self.make = good
        self.rate = RATE
        self.partitions = partitions
        self.sent = 0
        self.paused = False
        self._stop = threading.Event()
        self._producer = confluent_kafka.Producer({"bootstrap.servers": f"{NAME}-kafka.{namespace}:9092",
                                                   "message.timeout.ms": 600_000, "log_level": 0})
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        due, last = 0.0, time.monotonic()
        while not self._stop.wait(0.05):
            now = time.monotonic()
            due += 0 if self.paused else (now - last) * self.rate
            last = now
            while due >= 1:
                self._producer.produce("orders", value=self.make(self.sent), partition=self.sent // 10 % self.partitions)
                self.sent += 1
                due -= 1
            self._producer.poll(0)

    def stop(self):
        self._stop.set()
        self._thread.join()
        self._producer.flush(5)


class Shop(Pipeline):
    """The pipeline in a namespace, running and fed."""

    def __init__(self, space, changes):
        super().__init__(space, NAME)
        space.apply(manifest(NAME, spec(**changes)))
        self.wait_ready(180)
        self.feed = Feed(space.name)
