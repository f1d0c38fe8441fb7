"""A stage gets replicas when the load rises, gives them up when it falls, loses nothing, and explains itself."""
import json

import cluster
from cluster import until
from pipelines import Pipeline, finish_feed, payments, picked, rows


def replicas(space):
    return space.stage_replicas("tide", "pick")


def test_a_rising_load_gets_replicas_and_nothing_is_lost(space):
    pipeline = payments("tide", space)
    pipeline["spec"]["objectives"] = {"latency": "10s"}
    pipeline["spec"]["topics"][0]["partitions"] = 6
    pipeline["spec"]["processors"][0].update(scale={"min": 1, "max": 6}, rateLimit=500)
    space.apply(pipeline)
    tide = Pipeline(space, "tide")
    tide.wait_ready(120)
    finish_feed(tide.feed_beside(rows(0, 6000), speed=300))
    assert replicas(space) <= 2  # one is enough, unless the machine made the feed come in bursts
    feed = tide.feed_beside(rows(6000, 60_000), speed=1500)
    until("replicas for the new load", lambda: replicas(space) >= 4, 30)
    finish_feed(feed)
    until("every row is there", lambda: picked(space) == 66_000, 90)
    seen = space.query("SELECT count(DISTINCT id) FROM picked")[0][0]
    assert seen == 66_000, seen
    assert tide.stage("pick")["deadLetters"] == 0


def test_it_explains_itself_to_whom_the_chart_lets_ask(space):
    asks = ("explain", "tide", "-n", space.name, "--kubeconfig", cluster.user(space, "oncall", "view"))
    assert "pods/proxy" in cluster.cli(*asks, check=False).stderr
    subject = {"kind": "ServiceAccount", "name": "oncall", "namespace": space.name}
    role = cluster.run(cluster.ROOT / "dev/helm", "template", "tidegate", cluster.ROOT / "helm/tidegate", "-n", "tidegate-system",
                       "-s", "templates/rbac-explain.yaml", "--set-json", f"rbac.explain={json.dumps([subject])}")
    cluster.run("kubectl", "apply", "-f", "-", text=role)
    assert "pick" in cluster.cli(*asks)


def test_it_explains_itself(space):
    said = json.loads(cluster.cli("explain", "tide", "-n", space.name, "--stage", "pick", "-o", "json"))
    steps = [e for e in said["stages"]["pick"] if e["reason"] == "ScaleOut"]
    assert steps and "records/s are expected" in steps[0]["sentence"], said["stages"]["pick"][-3:]
    assert "ScaleOut" in cluster.cli("explain", "tide", "-n", space.name, "--since", "10m")
    assert Pipeline(space, "tide").condition("ScalingActive")["status"] == "True"
    events = space.get("events", fieldSelector="reason=ScaledOut")["items"]
    assert events and events[0]["note"].startswith("pick: from 1 to "), events
    return steps[0]["sentence"]


def test_it_gives_them_up_when_the_load_is_gone(space):
    until("one replica is left", lambda: replicas(space) == 1, 150)
    until("its pods are gone", lambda: len(space.stage_pods("tide", "pick")) == 1, 60)
    Pipeline(space, "tide").feed(rows(66_000, 1000))
    until("every row is there", lambda: picked(space) == 67_000, 60)
