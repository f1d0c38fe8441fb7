"""Which pipelines hurt."""
from panels import WATCHED, BLUE, GREEN, ORANGE, RED, bars, dashboard, lines, link, problems, prop, query, stat, steps, table, to_pipeline

NS = 'namespace=~"$namespace"'
PIPELINE = 'pipeline!=""'  # problems of a KafkaCluster have none
BY = "by (namespace, pipeline)"
NAME = "{{namespace}}/{{pipeline}}"
NONE_IS_GOOD = steps((None, GREEN), (1, RED))
OPERATOR = [link("Open the operator's dashboard", "/d/tidegate-operator?${__url_time_range}")]
THIS = [to_pipeline("${__field.labels.namespace}", "${__field.labels.pipeline}")]


def now(expr):
    return query(expr, instant=True)


DASHBOARD = dashboard(
    "tidegate-fleet", "Fleet", "Which pipelines hurt, and where to look next.", [("namespace", "Namespace", "tidegate_pipeline_ready", True)],
    [(4, [
        (4, stat("Pipelines that hurt", "Pipelines with a critical problem: records wait, are lost, or come out wrong. 0 is good.",
                 [now(f'(count(count {BY} (tidegate_problem{{{NS}, {PIPELINE}, severity="critical"}})) or vector(0)) {WATCHED}')], thresholds=NONE_IS_GOOD, none="unknown")),
        (4, stat("With a warning only", "Pipelines that work, with a problem that will hurt when nobody looks.",
                 [now(f'(count(count {BY} (tidegate_problem{{{NS}, {PIPELINE}}}) unless count {BY} (tidegate_problem{{{NS}, {PIPELINE}, severity="critical"}})) or vector(0)) {WATCHED}')],
                 thresholds=steps((None, GREEN), (1, ORANGE)), none="unknown")),
        (3, stat("Kafka in trouble", "Kafka clusters with a problem: brokers away, or a disk that runs full.",
                 [now(f'(count(count by (namespace, subject) (tidegate_problem{{{NS}, pipeline=""}})) or vector(0)) {WATCHED}')],
                 thresholds=steps((None, GREEN), (1, ORANGE)), none="unknown", links=[link("Open the dashboard of Kafka", "/d/tidegate-kafka?${__url_time_range}")])),
        (3, stat("Not ready", "Pipelines whose records do not flow, new, paused and broken ones.", [now(f"(count(max {BY} (tidegate_pipeline_ready{{{NS}}}) == 0) or vector(0)) {WATCHED}")],
                 thresholds=steps((None, GREEN), (1, ORANGE)), none="unknown")),
        (3, stat("Pipelines", "All pipelines that the operator knows.", [now(f"count(max {BY} (tidegate_pipeline_ready{{{NS}}})) or vector(0)")], thresholds=steps((None, BLUE)))),
        (3, stat("Taken in", "Records that the stages of all pipelines take in, as committed to Kafka.",
                 [now(f'sum(rate(tidegate_stage_committed_records_total{{{NS}, flow="in"}}[$__rate_interval]))')], "recps", steps((None, BLUE)))),
        (4, stat("Operator", "Whether an operator leads. When none does nobody watches, and everything else here is old news.",
                 [now("max(leader_election_master_status) or vector(0)")], thresholds=steps((None, RED), (1, GREEN)),
                 mappings=[{"type": "value", "options": {"0": {"text": "nobody leads", "color": RED, "index": 0}, "1": {"text": "leads", "color": GREEN, "index": 1}}}], links=OPERATOR)),
    ]),
     (8, [(24, problems(NS, "What hurts, worst first", "Problems that last now. The problem links to its runbook, the pipeline to its dashboard. Empty: nothing is known to be wrong.", True))]),
     (9, [
         (12, bars("Age of the oldest record, as a share of the objective",
                   "Age of the oldest unprocessed record of the stage that is furthest behind, over that stage's share of objectives.latency. Above 100 % the objective is missed. "
                   "Pipelines without an objective are not shown. The ten worst.",
                   [query(f"topk(10, max {BY} (tidegate_stage_age_seconds{{{NS}}} / on (namespace, pipeline, stage) group_left () max by (namespace, pipeline, stage) "
                          f"(tidegate_stage_latency_objective_seconds{{{NS}}})))", NAME, True)], "percentunit", steps((None, GREEN), (0.7, ORANGE), (1, RED)), 1.5, THIS)),
         (12, lines("Problems", "How many problems of each kind lasted.", [query(f"sum by (problem) (tidegate_problem{{{NS}}})", "{{problem}}")], "short", True, none="no problem")),
     ]),
     (8, [
         (8, lines("Taken in", "Records that each pipeline's stages took in per second.",
                   [query(f'sum {BY} (rate(tidegate_stage_committed_records_total{{{NS}, flow="in"}}[$__rate_interval]))', NAME)], "recps")),
         (8, lines("Records that wait", "Records that are in Kafka and not yet taken in by the stage that is furthest behind.", [query(f"max {BY} (tidegate_stage_lag_records{{{NS}}})", NAME)], "short")),
         (8, lines("Dead letters", "Records per second that were set aside because they could not be read, processed or stored.",
                   [query(f'sum {BY} (rate(tidegate_stage_committed_records_total{{{NS}, flow="dead_letter"}}[$__rate_interval]))', NAME)], "recps", none="none")),
     ]),
     (9, [(24, table(
         "All pipelines", "Every pipeline with its readiness in the operator's words. A dash is unknown, which is not zero.",
         [query(f"max by (namespace, pipeline, reason) (tidegate_pipeline_ready{{{NS}}})", instant=True, table=True),
          query(f'sum {BY} (rate(tidegate_stage_committed_records_total{{{NS}, flow="in"}}[$__rate_interval]))', instant=True, table=True),
          query(f"max {BY} (tidegate_stage_lag_records{{{NS}}})", instant=True, table=True),
          query(f"max {BY} (tidegate_stage_age_seconds{{{NS}}})", instant=True, table=True),
          query(f"sum {BY} (tidegate_stage_replicas{{{NS}}})", instant=True, table=True)],
         [("namespace", "Namespace", 150, []), ("pipeline", "Pipeline", 220, [prop("links", [to_pipeline("${__data.fields.Namespace}", "${__value.raw}")])]),
          ("Value #A", "Ready", 110, [prop("mappings", [{"type": "value", "options": {"1": {"text": "yes", "color": GREEN, "index": 0}, "0": {"text": "no", "color": RED, "index": 1}}}]),
                                      prop("custom.cellOptions", {"type": "color-text"})]),
          ("reason", "Reason", 160, []), ("Value #B", "Taken in", None, [prop("unit", "recps"), prop("decimals", 1)]), ("Value #C", "Waiting records", None, [prop("unit", "short")]),
          ("Value #D", "Oldest", None, [prop("unit", "s")]), ("Value #E", "Pods", None, [])], "Oldest"))])])
