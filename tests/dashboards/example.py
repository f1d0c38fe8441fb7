"""An hour of a small installation as OpenMetrics, for pictures of the dashboards and for the test that every query finds something.

usage: example.py END >FILE    END: seconds since 1970 at which the hour ends; `promtool tsdb create-blocks-from openmetrics FILE DIR` reads it

Three pipelines: `shop/fraud`, whose field `amount` was renamed upstream 15 minutes before the end, so that its query matches nothing any more;
`shop/orders`, whose warehouse takes its time for 6 minutes; `travel/flights`, which is well. One Kafka cluster has a disk that runs full.
"""
import math
import sys

STEP, HOUR = 15, 3600
BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0)


class Samples:
    """Series by family, as OpenMetrics wants them: a family's samples together, each series in the order of time."""

    def __init__(self, end):
        self.end, self.families = end, {}

    def put(self, name, kind, labels, at, value):
        family = self.families.setdefault(name, (kind, {}))
        text = ",".join(f'{key}="{value}"' for key, value in labels.items())
        family[1].setdefault(text, []).append(f"{value:.6g} {self.end - HOUR + at}")

    def gauge(self, name, labels, value):
        """`value`: of seconds since the hour began; nothing where it gives None."""
        for at in range(0, HOUR + 1, STEP):
            now = value(at)
            if now is not None:
                self.put(name, "gauge", labels, at, now)

    def counter(self, name, labels, rate):
        total = 0.0
        for at in range(0, HOUR + 1, STEP):
            total += rate(at) * STEP
            self.put(name, "counter", labels, at, total)

    def histogram(self, name, labels, rate, typical):
        for bound in (*BOUNDS, math.inf):
            share = 1 - math.exp(-bound / typical) if bound != math.inf else 1
            self.counter(f"{name}_bucket", {**labels, "le": "+Inf" if bound == math.inf else f"{bound}"}, lambda at, share=share: rate(at) * share)

    def text(self):
        out = []
        for name, (kind, series) in sorted(self.families.items()):
            # A histogram's buckets are fed as counters, which is all that queries see of them.
            family = name.removesuffix("_total")
            out.append(f"# TYPE {family} {kind if name.endswith('_total') or kind == 'gauge' else 'unknown'}")
            for labels, points in sorted(series.items()):
                out += [f"{name}{{{labels}}} {point}" for point in points]
        return "\n".join([*out, "# EOF", ""])


def wave(level, at, phase=0.0):
    return level * (1 + 0.25 * math.sin(2 * math.pi * at / 1800 + phase) + 0.03 * math.sin(at / 17 + phase))


def stage(out, ns, pipeline, name, kind, reads, writes, lag=lambda at: 0, age=lambda at: 0.2, objective=2.0, state=lambda at: "Flowing", replicas=lambda at: 2, dead=None):
    at_stage = {"namespace": ns, "pipeline": pipeline, "stage": name}
    for one in ("Flowing", "Idle", "Waiting", "Starting"):
        out.gauge("tidegate_stage_state", {**at_stage, "kind": kind, "state": one}, lambda at, one=one: 1 if state(at) == one else None)
    out.gauge("tidegate_stage_replicas", {**at_stage, "kind": kind}, replicas)
    out.gauge("tidegate_stage_ready_replicas", {**at_stage, "kind": kind}, replicas)
    if writes:
        out.counter("tidegate_stage_records_out_total", {**at_stage, "pod": f"{pipeline}-{name}-0"}, writes)
    for flow, rate in (("in", reads), ("out", writes), ("dead_letter", dead)):
        if rate and kind != "source":
            out.counter("tidegate_stage_committed_records_total", {**at_stage, "flow": flow}, rate)
    if kind == "source":
        for code, share in (("200", 0.99), ("429", 0.01)):
            out.counter("tidegate_intake_requests_total", {**at_stage, "code": code}, lambda at, share=share: writes(at) / 100 * share)
        return
    out.gauge("tidegate_stage_lag_records", at_stage, lag)
    out.gauge("tidegate_stage_age_seconds", at_stage, age)
    out.gauge("tidegate_stage_latency_objective_seconds", at_stage, lambda at: objective)
    if writes:
        out.gauge("tidegate_stage_selectivity", at_stage, lambda at: writes(at) / max(1, reads(at)))
    for check in ("offsets", "rows", "results"):
        out.gauge("tidegate_stage_balance_records", {**at_stage, "check": check}, lambda at: 0)
    out.counter("tidegate_stage_records_seen_total", at_stage, reads)
    out.counter("tidegate_stage_busy_seconds_total", {**at_stage, "pod": f"{pipeline}-{name}-0"}, lambda at: min(1, reads(at) / 9000 + 0.05))
    out.histogram("tidegate_stage_end_to_end_seconds", at_stage, lambda at: reads(at), 0.25)
    if dead:
        out.counter("tidegate_stage_dead_letters_total", {**at_stage, "reason": "WrongType"}, dead)
    out.gauge("tidegate_autoscaler_recommended_replicas", at_stage, replicas)
    out.gauge("tidegate_autoscaler_unknown_seconds", at_stage, lambda at: 0)
    out.gauge("tidegate_autoscaler_arrival_records_per_second", at_stage, reads)
    out.gauge("tidegate_autoscaler_forecast_records_per_second", at_stage, lambda at: reads(at) * 1.05)
    out.gauge("tidegate_autoscaler_capacity_records_per_second", at_stage, lambda at: replicas(at) * 3500)
    for reason, share in (("Steady", 0.9), ("Hold", 0.1)):
        out.counter("tidegate_autoscaler_decisions_total", {**at_stage, "reason": reason}, lambda at, share=share: share)


def problem(out, ns, pipeline, name, what, severity, since, until=HOUR, subject=""):
    labels = {"namespace": ns, "pipeline": pipeline, "stage": name, "problem": what, "severity": severity, **({"subject": subject} if subject else {})}
    out.gauge("tidegate_problem", labels, lambda at: 1 if since <= at <= until else None)


def fraud(out):
    renamed = HOUR - 900
    late = lambda at: at >= renamed
    rate = lambda at: wave(5200, at)
    stage(out, "shop", "fraud", "intake", "source", None, rate, replicas=lambda at: 1)
    stage(out, "shop", "fraud", "score", "processor", rate, lambda at: 0 if late(at) else rate(at) * 0.1, lambda at: wave(900, at), lambda at: 0.3 + 0.1 * math.sin(at / 40),
          replicas=lambda at: 3 if rate(at) > 5600 else 2)
    stage(out, "shop", "fraud", "warehouse", "sink", lambda at: 0 if late(at) else rate(at) * 0.1, None, state=lambda at: "Idle" if late(at) else "Flowing", replicas=lambda at: 1)
    score = {"namespace": "shop", "pipeline": "fraud", "stage": "score"}
    out.counter("tidegate_stage_field_nulls_total", {**score, "field": "amount"}, lambda at: rate(at) if late(at) else 0)
    out.counter("tidegate_stage_field_nulls_total", {**score, "field": "country"}, lambda at: rate(at) * 0.02)
    problem(out, "shop", "fraud", "score", "SchemaDrift", "critical", renamed + 30, subject="amount")
    problem(out, "shop", "fraud", "score", "CollapsedOutput", "critical", renamed + 45)


def orders(out):
    slow = HOUR - 360
    late = lambda at: max(0, at - slow)
    rate = lambda at: wave(1800, at, 1)
    stage(out, "shop", "orders", "clean", "processor", rate, lambda at: rate(at) * 0.97, dead=lambda at: rate(at) * 0.002)
    stage(out, "shop", "orders", "warehouse", "sink", lambda at: rate(at) * (0.6 if late(at) else 0.97), None, lambda at: 200 + late(at) * 640, lambda at: 0.4 + late(at) * 0.4, 3.0,
          replicas=lambda at: 4 if late(at) > 60 else 2)
    problem(out, "shop", "orders", "warehouse", "Slow", "critical", slow + 30)
    problem(out, "shop", "orders", "warehouse", "ScalingLimited", "warning", slow + 120)


def flights(out):
    rate = lambda at: wave(900, at, 2)
    stage(out, "travel", "flights", "intake", "source", None, rate, replicas=lambda at: 1)
    stage(out, "travel", "flights", "late", "processor", rate, lambda at: rate(at) * 0.3, age=lambda at: 0.2, replicas=lambda at: 1)
    stage(out, "travel", "flights", "warehouse", "sink", lambda at: rate(at) * 0.3, None, replicas=lambda at: 1)
    problem(out, "travel", "flights", "late", "SkewedPartition", "warning", 600, 1500, "3")


def kafka(out):
    size = 20 * 2**30
    for ns, cluster, brokers in (("shop", "shared", 3), ("travel", "flights", 1)):
        labels = {"namespace": ns, "cluster": cluster}
        out.gauge("tidegate_kafka_brokers", labels, lambda at, n=brokers: n)
        out.gauge("tidegate_kafka_brokers_wanted", labels, lambda at, n=brokers: n)
        for state, count in (("all", 24), ("under_replicated", 0), ("offline", 0)):
            out.gauge("tidegate_kafka_partitions", {**labels, "state": state}, lambda at, n=count: n)
        for broker in range(brokers):
            volume = {**labels, "pod": f"{cluster}-kafka-{broker}"}
            used = (lambda at: size * (0.80 + 0.08 * at / HOUR)) if (ns, broker) == ("shop", 1) else (lambda at, b=broker: size * (0.55 + 0.02 * b))
            out.gauge("tidegate_kafka_volume_bytes", volume, lambda at: size)
            out.gauge("tidegate_kafka_volume_used_bytes", volume, used)
    out.gauge("tidegate_problem", {"namespace": "shop", "problem": "DiskFilling", "severity": "warning", "subject": "shared"}, lambda at: 1 if at > 2500 else None)
    for topic, level in (("payments", 5200), ("alerts", 520), ("orders", 1800), ("orders-clean", 1750)):
        out.counter("tidegate_topic_appended_records_total", {"namespace": "shop", "pipeline": "fraud", "topic": topic}, lambda at, n=level: wave(n, at))


def operator(out):
    pod = {"pod": "tidegate-6d5f8-x2x9p", "instance": "10.88.0.7:8080"}
    out.gauge("leader_election_master_status", {**pod, "name": "tidegate-operator"}, lambda at: 1)
    out.gauge("process_resident_memory_bytes", pod, lambda at: 41e6 + 1e5 * math.sin(at / 300))
    out.counter("process_cpu_seconds_total", pod, lambda at: 0.04)
    for controller in ("pipeline", "kafkacluster"):
        out.gauge("workqueue_depth", {**pod, "controller": controller, "name": controller}, lambda at: 0)
        out.counter("workqueue_retries_total", {**pod, "controller": controller, "name": controller}, lambda at: 0.01)
        out.counter("controller_runtime_reconcile_errors_total", {**pod, "controller": controller}, lambda at: 0.002 if 1000 < at < 1300 else 0)
        out.counter("controller_runtime_reconcile_total", {**pod, "controller": controller, "result": "success"}, lambda at: 0.6)
        out.histogram("controller_runtime_reconcile_time_seconds", {**pod, "controller": controller}, lambda at: 0.6, 0.02)
        out.histogram("workqueue_queue_duration_seconds", {**pod, "controller": controller, "name": controller}, lambda at: 0.6, 0.002)
    for resource in ("pipelines", "kafkaclusters", "statefulsets", "pods"):
        out.gauge("tidegate_cache_objects", {**pod, "resource": resource}, lambda at: 9)
        out.gauge("tidegate_cache_silent_seconds", {**pod, "resource": resource}, lambda at: at % 55)
        out.gauge("tidegate_cache_failing", {**pod, "resource": resource}, lambda at: 0)
    for method, code in (("GET", "200"), ("PATCH", "200"), ("PUT", "200")):
        out.counter("rest_client_requests_total", {**pod, "method": method, "code": code}, lambda at: 0.5)
    for ns, name, reason, ready in (("shop", "fraud", "Flowing", 1), ("shop", "orders", "Flowing", 1), ("travel", "flights", "Flowing", 1)):
        out.gauge("tidegate_pipeline_ready", {**pod, "namespace": ns, "pipeline": name, "reason": reason}, lambda at, v=ready: v)


def main():
    out = Samples(int(sys.argv[1]))
    for part in (fraud, orders, flights, kafka, operator):
        part(out)
    sys.stdout.write(out.text())


main()
