"""Topics of the shared Kafka, read and written from outside of any pipeline."""
import json

import confluent_kafka
from confluent_kafka.admin import AdminClient, NewTopic

import cluster

CONFIG = {"bootstrap.servers": cluster.SHARED_KAFKA}


def names():
    return set(AdminClient(CONFIG).list_topics(timeout=10).topics)


def create(topic, partitions):
    admin = AdminClient(CONFIG)  # must outlive the answer
    for made in admin.create_topics([NewTopic(topic, partitions, 1)]).values():
        made.result(30)


def produce(topic, records, partition=0):
    """Writes (key, value, headers) in this order; returns once all are acknowledged."""
    failed = []
    producer = confluent_kafka.Producer({**CONFIG, "message.max.bytes": 2_000_000, "acks": "all"})
    for key, value, headers in records:
        producer.produce(topic, key=key, value=value, headers=headers, partition=partition,
                         on_delivery=lambda error, _: failed.append(error) if error else None)
    assert producer.flush(30) == 0 and not failed, failed


def read_all(topic):
    """Every committed message of a topic, as confluent_kafka.Message; none when there is no such topic."""
    consumer = confluent_kafka.Consumer({**CONFIG, "group.id": "e2e-reader", "enable.auto.commit": False,
                                         "isolation.level": "read_committed", "auto.offset.reset": "earliest"})
    try:
        metadata = consumer.list_topics(topic, timeout=10).topics[topic]
        messages = []
        for partition in [] if metadata.error else metadata.partitions:
            low, high = consumer.get_watermark_offsets(confluent_kafka.TopicPartition(topic, partition), timeout=10)
            if low == high:
                continue
            consumer.assign([confluent_kafka.TopicPartition(topic, partition, low)])
            position = low
            while position < high:
                message = consumer.poll(10)
                assert message is not None and not message.error(), f"{topic}: {message and message.error()}"
                messages.append(message)
                position = message.offset() + 1
        return messages
    finally:
        consumer.close()


def headers(message):
    return {name: (value or b"").decode() for name, value in message.headers() or []}


def dead_letters(space, pipeline, stage):
    return read_all(f"tidegate.{space.name}.{pipeline}.{stage}.dead-letters")


def json_value(message):
    return json.loads(message.value())
