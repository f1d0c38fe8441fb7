"""The operator itself."""
from panels import GREEN, ORANGE, RED, dashboard, lines, query, stat, steps

CONTROLLERS = 'controller=~"pipeline|kafkacluster"'
QUEUES = 'name=~"pipeline|kafkacluster"'


def now(expr):
    return query(expr, instant=True)


DASHBOARD = dashboard(
    "tidegate-operator", "Operator", "Whether the operator leads, keeps up, and can reach the API server.", [],
    [(4, [
        (5, stat("Leader", "Whether an operator leads. When none does nobody watches the pipelines; their pods go on.", [now("max(leader_election_master_status) or vector(0)")],
                 thresholds=steps((None, RED), (1, GREEN)),
                 mappings=[{"type": "value", "options": {"0": {"text": "nobody leads", "color": RED, "index": 0}, "1": {"text": "leads", "color": GREEN, "index": 1}}}])),
        (5, stat("Failed reconciliations", "In the last 10 minutes. Now and then one is normal: it is repeated. Many that last are not.",
                 [now(f"sum(increase(controller_runtime_reconcile_errors_total{{{CONTROLLERS}}}[10m])) or vector(0)")], thresholds=steps((None, GREEN), (5, ORANGE), (50, RED)), decimals=0)),
        (5, stat("Waiting keys", "Objects that are due and wait for a worker. Stays near 0.", [now(f"sum(workqueue_depth{{{QUEUES}}})")], thresholds=steps((None, GREEN), (20, ORANGE), (200, RED)))),
        (5, stat("Caches out of date", "Kinds of objects that the operator cannot follow at the moment: it decides on old facts.", [now("sum(tidegate_cache_failing) or vector(0)")],
                 thresholds=steps((None, GREEN), (1, RED)))),
        (4, stat("Stages not known", "Stages whose figures have been unknown for more than a minute: they are not scaled.",
                 [now("count(tidegate_autoscaler_unknown_seconds > 60) or vector(0)")], thresholds=steps((None, GREEN), (1, ORANGE)))),
    ]),
     (8, [
         (8, lines("Reconciliations", "How many it makes per second, by controller and result.",
                   [query(f"sum by (controller, result) (rate(controller_runtime_reconcile_total{{{CONTROLLERS}}}[$__rate_interval]))", "{{controller}} {{result}}")], "ops", True)),
         (8, lines("Length of a reconciliation (99th percentile)", "How long 99 of 100 reconciliations take at most, by controller.",
                   [query(f"histogram_quantile(0.99, sum by (controller, le) (rate(controller_runtime_reconcile_time_seconds_bucket{{{CONTROLLERS}}}[$__rate_interval]))) >= 0", "{{controller}}")], "s")),
         (8, lines("Wait in the queue (99th percentile)", "From when a key is due until a worker takes it, for 99 of 100 keys.",
                   [query(f"histogram_quantile(0.99, sum by (name, le) (rate(workqueue_queue_duration_seconds_bucket{{{QUEUES}}}[$__rate_interval]))) >= 0", "{{name}}")], "s")),
     ]),
     (8, [
         (8, lines("Failures", "Failed reconciliations and repeated keys per second.",
                   [query(f"sum by (controller) (rate(controller_runtime_reconcile_errors_total{{{CONTROLLERS}}}[$__rate_interval]))", "{{controller}} failed"),
                    query(f"sum by (name) (rate(workqueue_retries_total{{{QUEUES}}}[$__rate_interval]))", "{{name}} repeated")], "ops")),
         (8, lines("Requests to the API server", "How many it sends per second, by method and code of the answer.",
                   [query("sum by (method, code) (rate(rest_client_requests_total[$__rate_interval]))", "{{method}} {{code}}")], "reqps", True)),
         (8, lines("Silence of the caches", "Seconds since each cache heard from the API server. Bookmarks come about once a minute.",
                   [query("max by (resource) (tidegate_cache_silent_seconds)", "{{resource}}")], "s")),
     ]),
     (8, [
         (8, lines("Memory", "Resident memory of the operator's processes.",
                   [query("process_resident_memory_bytes and on (pod, instance) leader_election_master_status", "{{pod}} {{instance}}")], "bytes")),
         (8, lines("CPU", "Cores that the operator's processes use.",
                   [query("rate(process_cpu_seconds_total[$__rate_interval]) and on (pod, instance) leader_election_master_status", "{{pod}} {{instance}}")], "short")),
         (8, lines("Objects in the caches", "What the operator holds in memory, by kind.", [query("max by (resource) (tidegate_cache_objects)", "{{resource}}")], "short")),
     ])])
