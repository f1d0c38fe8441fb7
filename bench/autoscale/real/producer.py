"""Writes the arrivals: so many records in each second, evenly over the second and over the partitions, to every topic alike."""
import threading
import time

import confluent_kafka

from workloads import PARTITIONS

TICK = 0.02  # seconds
LINGER = 100  # ms: with a record or two in each batch the broker cannot keep up with the step beside everything else


def due(arrivals, at):
    """Records that have arrived `at` seconds after the beginning."""
    second = min(int(at), len(arrivals))
    part = arrivals[second] * (at - second) if second < len(arrivals) else 0
    return sum(arrivals[:second]) + int(part)


class Producer(threading.Thread):
    def __init__(self, kafka, topics, arrivals, began):
        super().__init__(daemon=True)
        self.topics, self.arrivals, self.began = topics, arrivals, began
        self.producer = confluent_kafka.Producer({"bootstrap.servers": kafka, "linger.ms": LINGER, "log_level": 0})
        self.failed = 0  # records not written

    def run(self):
        sent, at = 0, 0.0
        while at < len(self.arrivals):
            time.sleep(max(0.0, self.began + at + TICK - time.time()))
            at = min(max(at + TICK, time.time() - self.began), len(self.arrivals))
            wanted = due(self.arrivals, at)
            for n in range(sent, wanted):
                for topic in self.topics:
                    self.producer.produce(topic, value=b'{"n":%d}' % n, partition=n % PARTITIONS, on_delivery=self.told)
            sent = wanted
            self.producer.poll(0)
        self.failed += self.producer.flush(30)

    def told(self, error, _):
        self.failed += bool(error)
