"""examples/fraud.yaml with all 99,992 payments: exactly the 10,134 alerts, while it is scaled and a worker dies."""
import json
import urllib.error
import urllib.request

import cluster
from cluster import kill_dead, until
from pipelines import KIND, Expectation, Pipeline, data, finish_feed

TOKEN = "e2e-token"


def test_exactly_the_alerts_arrive_with_two_replicas_and_a_killed_worker(space):
    space.secret("intake", token=TOKEN)
    space.apply_file("examples/fraud.yaml")
    fraud = Pipeline(space, "fraud")
    expected = Expectation(fraud, data("payments.ndjson"))
    assert expected.wanted == {"fraud_alerts": 10134}
    half = len(expected.lines) // 2
    fraud.feed(expected.lines[:half], token=TOKEN)
    patch = json.dumps([{"op": "add", "path": "/spec/processors/0/replicas", "value": 2}])
    space.kubectl("patch", KIND, "fraud", "--type=json", "-p", patch)
    until("two processors are ready", lambda: fraud.stage("score").get("readyReplicas") == 2, 90)
    feed = fraud.feed_beside(expected.lines[half:], speed=5000, token=TOKEN)
    before = expected.landed()
    until("the second half flows", lambda: expected.landed() > before + 0.05, 60)
    kill_dead(space, space.stage_pods("fraud", "score")[1]["metadata"]["name"])
    finish_feed(feed)
    return expected.check()


def test_the_log_sink_saw_every_alert(space):
    def logged():
        records = [json.loads(line) for line in space.logs(space.stage_pods("fraud", "watch")).splitlines()]
        return {record["value"]["id"] for record in records if record.get("topic") == "alerts" and "value" in record}

    until("10,134 ids in the log", lambda: len(logged()) == 10134, 60, every=3)


def test_without_the_token_nothing_is_taken(space):
    request = urllib.request.Request(Pipeline(space, "fraud").url(), b'{"id": 1}\n', {"Content-Type": "application/x-ndjson"})
    try:
        urllib.request.urlopen(request, timeout=10)
        raise AssertionError("accepted without a token")
    except urllib.error.HTTPError as error:
        assert error.code == 401, error


def test_nothing_went_to_the_dead_letters(space):
    assert all(s.get("deadLetters", 0) == 0 for s in Pipeline(space, "fraud").get()["status"]["stages"])


def test_no_secret_shows_in_logs_or_status(space):
    password = "tidegate-demo"
    texts = [space.logs(space.pods("tidegate.io/pipeline=fraud"))]
    texts.append(cluster.run("kubectl", "-n", "tidegate-system", "logs", "deployment/tidegate", "--tail=-1"))
    texts.append(space.kubectl("get", "pipelines.tidegate.io,configmaps,events,statefulsets,deployments", "-o", "yaml"))
    for text in texts:
        for secret in (TOKEN, password):
            # The name of the Secret is no secret; neither is what kubectl apply was given by the test itself.
            assert secret not in text, text[max(0, text.index(secret) - 200):][:400]
