"""The Kafka clusters that Tidegate runs."""
from panels import GREEN, ORANGE, RED, bars, dashboard, lines, problems, query, stat, steps

C = 'namespace=~"$namespace", cluster=~"$cluster"'
BY = "by (namespace, cluster)"
NAME = "{{namespace}}/{{cluster}}"
USED = f"max by (namespace, cluster, pod) (tidegate_kafka_volume_used_bytes{{{C}}}) / max by (namespace, cluster, pod) (tidegate_kafka_volume_bytes{{{C}}})"
NONE_IS_GOOD = steps((None, GREEN), (1, RED))


def now(expr, legend="__auto"):
    return query(expr, legend, True)


DASHBOARD = dashboard(
    "tidegate-kafka", "Kafka", "The Kafka clusters that Tidegate runs: brokers, copies of the data, and disks.",
    [("namespace", "Namespace", "tidegate_kafka_brokers", True), ("cluster", "Cluster", 'tidegate_kafka_brokers{namespace=~"$namespace"}', True)],
    [(4, [
        (5, stat("Brokers missing", "Brokers that should be there and do not answer.", [now(f"sum(tidegate_kafka_brokers_wanted{{{C}}}) - (sum(tidegate_kafka_brokers{{{C}}}) or vector(0))")], thresholds=NONE_IS_GOOD)),
        (5, stat("Offline partitions", "Partitions that nobody leads: they can be neither read nor written.",
                 [now(f'sum(tidegate_kafka_partitions{{{C}, state="offline"}}) or vector(0)')], thresholds=NONE_IS_GOOD)),
        (5, stat("Under-replicated", "Partitions with fewer copies in step than they should have. Another failure may lose data.",
                 [now(f'sum(tidegate_kafka_partitions{{{C}, state="under_replicated"}}) or vector(0)')], thresholds=steps((None, GREEN), (1, ORANGE)))),
        (5, stat("Fullest disk", "How full the fullest broker volume is. Kafka stops when a volume is full.", [now(f"max({USED})")], "percentunit",
                 steps((None, GREEN), (0.85, ORANGE), (0.95, RED)), decimals=0)),
        (4, stat("Full in", "When the first volume is full if it goes on filling as in the last hour. A dash: none is filling.",
                 [now(f"min((max by (namespace, cluster, pod) (tidegate_kafka_volume_bytes{{{C}}}) - max by (namespace, cluster, pod) (tidegate_kafka_volume_used_bytes{{{C}}})) "
                      f"/ (max by (namespace, cluster, pod) (deriv(tidegate_kafka_volume_used_bytes{{{C}}}[1h])) > 1))")], "s", steps((None, RED), (21600, ORANGE), (86400, GREEN)))),
    ]),
     (5, [(24, problems('namespace=~"$namespace", pipeline="", subject=~"$cluster"', "What is wrong", "Problems of Kafka clusters that last now. The problem links to its runbook. Empty: nothing is known to be wrong.", False))]),
     (7, [
         (12, bars("Disks", "Share of each broker's volume that is used.", [now(USED, "{{namespace}}/{{pod}}")], "percentunit", steps((None, GREEN), (0.85, ORANGE), (0.95, RED)), 1)),
         (12, bars("Brokers that answer", "Share of the brokers of each cluster that answer.",
                   [now(f"sum {BY} (tidegate_kafka_brokers{{{C}}}) / sum {BY} (tidegate_kafka_brokers_wanted{{{C}}})", NAME)], "percentunit", steps((None, RED), (0.001, ORANGE), (1, GREEN)), 1)),
     ]),
     (8, [
         (12, lines("Disk used", "Bytes on each broker's volume; dashed is its size.",
                    [query(f"max by (namespace, pod) (tidegate_kafka_volume_used_bytes{{{C}}})", "{{namespace}}/{{pod}}"),
                     query(f"max by (namespace, pod) (tidegate_kafka_volume_bytes{{{C}}})", "size of {{namespace}}/{{pod}}")], "bytes", dashed="size of .*")),
         (12, lines("Filling", "How fast each volume fills. Retention deletes whole segments, so it falls in steps.",
                    [query(f"max by (namespace, pod) (deriv(tidegate_kafka_volume_used_bytes{{{C}}}[10m]))", "{{namespace}}/{{pod}}")], "Bps", minimum=None)),
     ]),
     (8, [
         (8, lines("Brokers", "Brokers that answer; dashed how many there should be.",
                   [query(f"sum {BY} (tidegate_kafka_brokers{{{C}}})", NAME), query(f"sum {BY} (tidegate_kafka_brokers_wanted{{{C}}})", f"wanted of {NAME}")], "short", dashed="wanted of .*")),
         (8, lines("Partitions in trouble", "Partitions by what is wrong with them.",
                   [query(f'sum by (namespace, cluster, state) (tidegate_kafka_partitions{{{C}, state!="all"}})', f"{NAME} {{{{state}}}}")], "short")),
         (8, lines("Appended by topic", "Records appended to the topics of the pipelines per second. The ten busiest.",
                   [query('topk(10, sum by (namespace, topic) (rate(tidegate_topic_appended_records_total{namespace=~"$namespace"}[$__rate_interval])))', "{{namespace}} {{topic}}")], "recps")),
     ])])
