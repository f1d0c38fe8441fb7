"""Records come from a topic of another Kafka and go to one, as they are, through kills of the stages that carry them."""
import topics
from cluster import SHARED_KAFKA, kill_dead, until
from pipelines import Pipeline, manifest

RECORDS = 20_000


def stage_of(name, topic, **direction):
    return {"name": name, **direction, "kafka": {"bootstrapServers": SHARED_KAFKA, "topic": topic}}


def test_a_topic_is_carried_to_another_kafka_and_back(space):
    old, carried, copy = (f"{space.database}_{name}" for name in ("old", "carried", "copy"))
    topics.create(old, 3)
    topics.create(copy, 2)
    topics.produce(old, [(f"k{n}", f'{{"id": {n}}}', [("trace", str(n))]) for n in range(RECORDS // 2)], partition=0)
    space.apply(manifest("carry", {
        "kafka": {"external": {"bootstrapServers": SHARED_KAFKA}},
        "topics": [{"name": carried, "partitions": 2, "deletionPolicy": "Delete",
                    "value": {"fields": [{"name": "id", "type": "BIGINT", "required": True}]}}],
        "sources": [stage_of("legacy", old, to=carried)],
        "sinks": [stage_of("audit", copy, **{"from": carried})]}))
    carry = Pipeline(space, "carry")
    carry.wait_ready(120)
    until("records come out", lambda: topics.read_all(copy), 60)
    for stage, partition in (("legacy", 1), ("audit", 2)):
        topics.produce(old, [(f"k{n}", f'{{"id": {n}}}', [("trace", str(n))]) for n in range(RECORDS // 2 + partition, RECORDS, 2)], partition)
        kill_dead(space, space.stage_pods("carry", stage)[0]["metadata"]["name"])
    sent = set(range(RECORDS // 2)) | set(range(RECORDS // 2 + 1, RECORDS))
    found = until("every record is there", lambda: (read := numbers(copy)) and set(read) == sent and read, 90, every=2)
    carry.wait_ready(60)
    return f"{len(found) - len(sent)} records came again"


def numbers(topic):
    """Of every message, which must be as it was sent."""
    read = []
    for message in topics.read_all(topic):
        number = topics.json_value(message)["id"]
        assert message.key() == f"k{number}".encode() and topics.headers(message) == {"trace": str(number)}, message.value()
        read.append(number)
    return read
