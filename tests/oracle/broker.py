"""The Kafka of a run: topics, records in and out, and what stages commit."""
import json
import os
import threading
import time

import confluent_kafka
from confluent_kafka import admin

import offsets

PATIENCE = 120


def murmur2(data):
    """As Kafka's own clients hash keys (org.apache.kafka.common.utils.Utils.murmur2)."""
    m, mask = 0x5BD1E995, 0xFFFFFFFF
    h = (0x9747B28C ^ len(data)) & mask
    whole = len(data) & ~3
    for at in range(0, whole, 4):
        k = int.from_bytes(data[at:at + 4], "little") * m & mask
        h = (h * m & mask) ^ ((k ^ k >> 24) * m & mask)
    if data[whole:]:
        h = (h ^ int.from_bytes(data[whole:], "little")) * m & mask
    h = (h ^ h >> 13) * m & mask
    return h ^ h >> 15


def partition_of(key, partitions):
    return (murmur2(key.encode()) & 0x7FFFFFFF) % partitions


class Kafka:
    """May be used by several threads; each produces to and reads topics of its own."""

    def __init__(self, address):
        self.address = address
        self.config = {"bootstrap.servers": address, "log_level": 3}
        self.admin = admin.AdminClient(self.config)
        self.names = threading.Lock()
        self.named = 0

    def name(self, prefix):
        with self.names:
            self.named += 1
            return f"{prefix}-{os.getpid()}-{self.named}"

    def create(self, partitions_by_topic):
        kept = {"retention.ms": "-1"}  # however old a record says that it is
        topics = [admin.NewTopic(name, partitions, 1, config=kept) for name, partitions in partitions_by_topic.items()]
        for future in self.admin.create_topics(topics, operation_timeout=PATIENCE).values():
            future.result(PATIENCE)

    def delete(self, topics):
        for future in self.admin.delete_topics(list(topics)).values():
            future.result(PATIENCE)

    def producer(self):
        return confluent_kafka.Producer(self.config | {"enable.idempotence": True, "linger.ms": 5})

    @staticmethod
    def produce(producer, topic, records):
        """Records: (partition, key or None, value or None, timestamp or 0, headers); they keep their order in each partition."""
        failed = []
        for partition, key, value, timestamp, headers in records:
            producer.produce(topic, value, key, partition, on_delivery=lambda error, _: error and failed.append(error),
                             timestamp=timestamp, headers=headers)
            producer.poll(0)
        if producer.flush(PATIENCE) or failed:
            raise RuntimeError(f"could not write to {topic}: {failed[:1]}")

    def read(self, topic, partitions):
        """All records up to the stable end, as (partition, offset, value)."""
        consumer = confluent_kafka.Consumer(self.config | {
            "group.id": "oracle", "enable.auto.commit": False, "isolation.level": "read_committed",
            "enable.partition.eof": True, "auto.offset.reset": "earliest", "check.crcs": True})
        consumer.assign([confluent_kafka.TopicPartition(topic, p, confluent_kafka.OFFSET_BEGINNING) for p in range(partitions)])
        left, found, deadline = set(range(partitions)), [], time.monotonic() + PATIENCE
        while left:
            if time.monotonic() > deadline:
                raise RuntimeError(f"could not read {topic}")
            for message in consumer.consume(1000, 0.1):
                if message.error() is None:
                    found.append((message.partition(), message.offset(), message.value()))
                elif message.error().code() == confluent_kafka.KafkaError._PARTITION_EOF:
                    left.discard(message.partition())
                elif not message.error().retriable():
                    raise RuntimeError(f"{topic}: {message.error()}")
        consumer.close()
        return found

    def stable(self, topic, partitions):
        """Whether no transaction is open in it; not while the broker, on a busy machine, has just been taken for dead."""
        ends = []
        for level in (confluent_kafka.IsolationLevel.READ_COMMITTED, confluent_kafka.IsolationLevel.READ_UNCOMMITTED):
            wanted = {confluent_kafka.TopicPartition(topic, p): admin.OffsetSpec.latest() for p in range(partitions)}
            futures = self.admin.list_offsets(wanted, isolation_level=level)
            try:
                ends.append({where.partition: future.result(PATIENCE).offset for where, future in futures.items()})
            except confluent_kafka.KafkaException as error:
                if error.args[0].code() != confluent_kafka.KafkaError.FENCED_LEADER_EPOCH:
                    raise
                return False
        return ends[0] == ends[1]

    def committed(self, group, topic, partitions):
        """What a stage reports of each partition (docs/architecture.md, "Commit metadata"); {} where it has not yet."""
        found = offsets.committed(self.address, group, topic, partitions, PATIENCE)
        return [json.loads(found[p]) if found.get(p) else {} for p in range(partitions)]
