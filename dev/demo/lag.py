"""How far each stage is behind, asked of Kafka itself: the pipeline's status repeats figures every 30 s only."""
import subprocess

from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient


def installation():
    """The part of group names that tells clusters on one Kafka apart."""
    return subprocess.run(["kubectl", "get", "namespace", "kube-system", "-o", "jsonpath={.metadata.uid}"], check=True,
                          capture_output=True, text=True).stdout[:8]


class Lag:
    def __init__(self, namespace, pipeline, spec, bootstrap):
        config = {"bootstrap.servers": bootstrap, "log_level": 0}
        self.admin = AdminClient(config)
        self.consumer = Consumer({**config, "group.id": "demo-lag", "enable.auto.commit": False})
        prefix = f"tidegate.{installation()}.{namespace}.{pipeline}."
        self.inputs = {p["name"]: (prefix + p["name"], p["from"][0]) for p in spec.get("processors", [])}
        self.inputs.update({s["name"]: (prefix + s["name"], s["from"]) for s in spec.get("sinks", [])})

    def ends(self, topic):
        """Log end per partition; none while there is no such topic."""
        metadata = self.consumer.list_topics(topic, timeout=3).topics[topic]
        if metadata.error:
            return {}
        return {p: self.consumer.get_watermark_offsets(TopicPartition(topic, p), timeout=3)[1] for p in metadata.partitions}

    def behind(self, group, topic):
        """Records in front of a group, log ends less committed offsets; "?" while there is no topic."""
        ends = self.ends(topic)
        if not ends:
            return "?"
        asked = ConsumerGroupTopicPartitions(group, [TopicPartition(topic, p) for p in ends])
        answer = self.admin.list_consumer_group_offsets([asked], request_timeout=3)[group].result()
        return f"{sum(ends[c.partition] - max(0, c.offset) for c in answer.topic_partitions):,}"

    def text(self):
        """"lag: late 220, archive 0", or nothing while Kafka does not answer."""
        try:
            return "lag: " + ", ".join(f"{stage} {self.behind(*where)}" for stage, where in self.inputs.items())
        except KafkaException:
            return ""
