"""One pipeline, its stages from left to right."""
from panels import BLUE, GREEN, GREY, ORANGE, RED, dashboard, lines, link, problems, query, stat, steps, values

P = 'namespace="$namespace", pipeline="$pipeline"'
# The highest of a stage is shown. One that flows while what it writes is wrong must not look well.
STATES = {1: ("Flowing", GREEN), 2: ("Idle", BLUE), 3: ("Paused", GREY), 4: ("Starting", ORANGE), 6: ("Waiting", RED), 7: ("Stalled", RED), 8: ("Failing", RED)}
PROBLEM = (5, ("Problem", RED))
KINDS = ("source", "processor", "sink")  # the order in which records travel
RUNBOOK = [link("Autoscaling: the reasons explained", "https://github.com/tidegate/tidegate/blob/main/docs/autoscaling.md", True)]


def strip(expr):
    """`expr`, which has the label stage, as one tile a stage: all strips have the same tiles in the same order; NaN, shown as a dash, where it is unknown."""
    return [query(f'max by (stage) (({expr}) and on (stage) tidegate_stage_state{{{P}, kind="{kind}"}}) '
                  f'or max by (stage) (tidegate_stage_state{{{P}, kind="{kind}"}} * NaN)', "{{stage}}", True) for kind in KINDS]


def states():
    ranks = " or ".join(f'{number} * tidegate_stage_state{{{P}, state="{name}"}}' for number, (name, _) in STATES.items())
    ranks += f' or {PROBLEM[0]} * max by (stage) (tidegate_problem{{{P}, severity="critical"}})'
    return strip(ranks)


def rate(flow):
    return f'sum by (stage) (rate(tidegate_stage_committed_records_total{{{P}, flow="{flow}"}}[$__rate_interval]))'


WRITTEN = f"sum by (stage) (rate(tidegate_stage_records_out_total{{{P}}}[$__rate_interval]))"  # a source commits nothing

DASHBOARD = dashboard(
    "tidegate-pipeline", "Pipeline", "One pipeline: its stages from left to right, what each does, and what is wrong.",
    [("namespace", "Namespace", "tidegate_pipeline_ready", False), ("pipeline", "Pipeline", 'tidegate_pipeline_ready{namespace="$namespace"}', False)],
    [(5, [(24, problems(P, "What is wrong", "Problems of this pipeline that last now, worst first. The problem links to its runbook. Empty: nothing is known to be wrong.", False))]),
     (3, [(24, stat("Stages, sources first, sinks last", "The state of each stage as the operator judges it. The figures below stand in the same columns.", states(), mappings=values(dict(sorted([*STATES.items(), PROBLEM])))))]),
     (3, [(24, stat("Takes in", "Records per second that the stage takes in, as committed to Kafka; of a source what its pods write.",
                    strip(f'({rate("in")}) or ({WRITTEN})'), "recps", background=False, decimals=1))]),
     (3, [(24, stat("Waiting", "Records in Kafka that the stage has not taken in yet. A source has none.", strip(f"tidegate_stage_lag_records{{{P}}}"), "short", background=False))]),
     (3, [(24, stat("Oldest record", "Age of the oldest record that the stage has not taken in. A dash is unknown, which is not zero.",
                    strip(f"tidegate_stage_age_seconds{{{P}}}"), "s", background=False, decimals=1))]),
     (3, [(24, stat("Share of the objective used", "That age over the stage's share of objectives.latency. Red: the objective is missed. A dash where there is no objective.",
                    strip(f"max by (stage) (tidegate_stage_age_seconds{{{P}}}) / on (stage) max by (stage) (tidegate_stage_latency_objective_seconds{{{P}}})"), "percentunit",
                    steps((None, GREEN), (0.7, ORANGE), (1, RED)), decimals=0))]),
     (3, [(24, stat("Dead letters", "Records per second that the stage set aside because they could not be read, processed or stored.", strip(rate("dead_letter")), "recps",
                    steps((None, GREEN), (0.0001, ORANGE)), background=False, decimals=2))]),
     (3, [(24, stat("Ready pods", "Pods that are ready, over those that the stage is to have. Below 100 % pods start or fail.",
                    strip(f"max by (stage) (tidegate_stage_ready_replicas{{{P}}}) / on (stage) (max by (stage) (tidegate_stage_replicas{{{P}}}) > 0)"), "percentunit",
                    steps((None, RED), (0.001, ORANGE), (1, GREEN)), background=False, decimals=0))]),
     (8, [
         (12, lines("Taken in and given out", "Records per second that each stage takes in, and writes or delivers, as acknowledged by Kafka or the target.",
                    [query(rate("in"), "{{stage}} in"), query(rate("out"), "{{stage}} out"),
                     query(f'{WRITTEN} and on (stage) tidegate_stage_state{{{P}, kind="source"}}', "{{stage}} out")], "recps")),
         (12, lines("Age of the oldest record against the objective", "Age of the oldest unprocessed record; dashed is the stage's share of objectives.latency.",
                    [query(f"max by (stage) (tidegate_stage_age_seconds{{{P}}})", "{{stage}}"),
                     query(f"max by (stage) (tidegate_stage_latency_objective_seconds{{{P}}})", "objective of {{stage}}")], "s", dashed="objective of .*")),
     ]),
     (8, [
         (8, lines("Waiting", "Records in Kafka that each stage has not taken in yet.", [query(f"max by (stage) (tidegate_stage_lag_records{{{P}}})", "{{stage}}")], "short")),
         (8, lines("Dead letters by reason", "Records per second that were set aside, as the workers count them.",
                   [query(f"sum by (stage, reason) (rate(tidegate_stage_dead_letters_total{{{P}}}[$__rate_interval])) > 0", "{{stage}} {{reason}}")], "recps", True, none="none")),
         (8, lines("Share of records that come out", "What a stage writes for each record that it takes in. A fall while records come in is a query that matches nothing any more.",
                   [query(f"max by (stage) (tidegate_stage_selectivity{{{P}}})", "{{stage}}")], "percentunit")),
     ]),
     (8, [
         (8, lines("From Kafka to acknowledged (99th percentile)", "Time from a record's timestamp in the stage's topic until its outcome was acknowledged, for 99 of 100 records, as the workers measure it.",
                   [query(f"histogram_quantile(0.99, sum by (stage, le) (rate(tidegate_stage_end_to_end_seconds_bucket{{{P}}}[$__rate_interval]))) >= 0", "{{stage}}")], "s")),
         (8, lines("Busy", "Share of the time in which a replica works. At 100 % it cannot take in more.",
                   [query(f"avg by (stage) (rate(tidegate_stage_busy_seconds_total{{{P}}}[$__rate_interval]))", "{{stage}}")], "percentunit", maximum=1)),
         (8, lines("Fields that are null", "Share of the records in which a field is null, from 1 % on. A jump is a field that was renamed or went missing upstream. The ten highest.",
                   [query(f"topk(10, sum by (stage, field) (rate(tidegate_stage_field_nulls_total{{{P}}}[$__rate_interval])) / on (stage) group_left () "
                          f"sum by (stage) (rate(tidegate_stage_records_seen_total{{{P}}}[$__rate_interval])) > 0.01)", "{{stage}} {{field}}")], "percentunit", maximum=1, none="none")),
     ]),
     (8, [
         (8, lines("Replicas", "Pods of each stage, and dashed what the autoscaler's figures ask for.",
                   [query(f"max by (stage) (tidegate_stage_ready_replicas{{{P}}})", "{{stage}}"),
                    query(f"max by (stage) (tidegate_autoscaler_recommended_replicas{{{P}}})", "asked for {{stage}}")], "short", dashed="asked for .*")),
         (8, dict(lines("The autoscaler's reasons", "How often per second it decided for which reason; `kubectl tidegate explain` has each decision in words.",
                        [query(f"sum by (stage, reason) (rate(tidegate_autoscaler_decisions_total{{{P}}}[$__rate_interval]))", "{{stage}} {{reason}}")], "ops", True), links=RUNBOOK)),
         (8, lines("Need against capacity", "What arrives, what is expected when new replicas would work, and what the replicas can take in; records per second.",
                   [query(f"max by (stage) (tidegate_autoscaler_arrival_records_per_second{{{P}}})", "{{stage}} arrives"),
                    query(f"max by (stage) (tidegate_autoscaler_forecast_records_per_second{{{P}}})", "{{stage}} expected"),
                    query(f"max by (stage) (tidegate_autoscaler_capacity_records_per_second{{{P}}})", "capacity of {{stage}}")], "recps", dashed="capacity of .*")),
     ]),
     (7, [
         (12, lines("Watermark behind the clock", "Of stages with windows: how far the newest event time, less maxOutOfOrder, is behind the clock, of the partition that is furthest behind. A window closes that much after its end.",
                    [query(f"max by (stage) (tidegate_stage_watermark_delay_seconds{{{P}}})", "{{stage}}")], "s", none="no windows")),
         (12, lines("Held in open windows", "Rows that stages keep for windows that are still open, and dashed how many windows, or sessions, that are.",
                    [query(f"sum by (stage) (tidegate_stage_window_rows{{{P}}})", "rows of {{stage}}"),
                     query(f"sum by (stage) (tidegate_stage_open_windows{{{P}}})", "windows of {{stage}}")], "short", dashed="windows of .*", none="no windows")),
     ]),
     (7, [
         (12, lines("Accounting", "Records unaccounted for by each check (offsets, rows, results, log). 0 is balanced; anything that stays is a lost or repeated record.",
                    [query(f"max by (stage, check) (tidegate_stage_balance_records{{{P}}})", "{{stage}} {{check}}")], "short", minimum=None)),
         (12, lines("Intake by answer", "Requests per second to the HTTP intake by the code of the answer: 2xx taken, 4xx refused, 429 and 503 to be repeated.",
                    [query(f"sum by (stage, code) (rate(tidegate_intake_requests_total{{{P}}}[$__rate_interval]))", "{{stage}} {{code}}")], "reqps", True)),
     ])])
