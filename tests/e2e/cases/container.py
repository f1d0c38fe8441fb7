"""examples/container.yaml: the user's own server gets each record once, refuses one, crashes, cannot be found, and all is named."""
import json
import re
import textwrap

import cluster
from cluster import until
from pipelines import KIND, Pipeline

CONTAINER = "/spec/sinks/0/container"
# Three lives end with the first request; the fourth goes on. /tmp outlives them.
SHORT_LIVES = """
def die_young():
    with open("/tmp/requests", "a") as file:
        file.write(".")
    if os.path.getsize("/tmp/requests") <= 3:
        os._exit(3)
"""


def rows(first, count, amount=1500.0):
    return [json.dumps({"id": i, "amount": amount}).encode() + b"\n" for i in range(first, first + count)]


def scored(space):
    """What the server printed in the life that it has now."""
    lines = space.logs(space.stage_pods("scoring", "scores"), "user-container").splitlines()
    return [json.loads(line) for line in lines if line.startswith("{")]


def wait_scored(space, first, count):
    until(f"{count} scores", lambda: len(scored(space)) >= count, 120)
    assert sorted(s["id"] for s in scored(space)) == list(range(first, first + count)), "not each once"


def change(space, **fields):
    """Returns once the pod is a new one that has them."""
    patch = [{"op": "replace", "path": f"{CONTAINER}/{name}", "value": value} for name, value in fields.items()]
    space.kubectl("patch", KIND, "scoring", "--type=json", "-p", json.dumps(patch))

    def rolled():
        pods = space.stage_pods("scoring", "scores")
        return pods and all("deletionTimestamp" not in pod["metadata"] and fields.items() <= pod["spec"]["initContainers"][0].items()
                            for pod in pods)

    until(f"the pod is rolled to another {', '.join(fields)}", rolled, 60)


def container(space):
    return space.get("pipelines", "scoring")["spec"]["sinks"][0]["container"]


def letters(space, *words):
    return cluster.cli("dead-letters", *words, "scoring", "scores", "-n", space.name)


def test_each_record_reaches_the_server_once(space):
    space.apply_file("examples/container.yaml")
    scoring = Pipeline(space, "scoring")
    scoring.feed(rows(0, 500) + rows(9999, 1, amount=-1.0) + rows(500, 500))
    wait_scored(space, 0, 1000)
    assert {s["score"] for s in scored(space)} == {1.5}, "the environment did not reach the server"
    scoring.wait_ready()


def test_the_server_of_the_docs_is_that_of_the_example(space):
    docs = (cluster.ROOT / "docs/connectors.md").read_text()
    server = re.search(r"^    import http\.server.*?\.serve_forever\(\)\n", docs, re.M | re.S).group()
    assert textwrap.dedent(server) == container(space)["command"][-1]


def test_what_the_server_refuses_is_a_dead_letter_and_can_be_replayed(space):
    [letter] = [json.loads(line) for line in letters(space, "show").splitlines()]
    assert json.loads(letter["value"])["id"] == 9999 and letter["origin"]["reason"] == "Rejected", letter
    assert letter["origin"]["message"].startswith("status 422: an amount is negative"), letter
    assert "1 replayed, of which 1 failed again" in letters(space, "replay")


def test_a_server_that_crashes_is_named_and_after_it_all_records_are_there(space):
    scoring = Pipeline(space, "scoring")
    *python, server = space.command = container(space)["command"]
    mortal = server.replace("class Receiver", SHORT_LIVES + "\nclass Receiver").replace(
        "def do_POST(self):", "def do_POST(self):\n        die_young()")
    change(space, command=[*python, mortal])
    scoring.feed(rows(1000, 1000))
    took = scoring.wait_not_ready(["Failing", "scores", "user-container", "exit code 3", "kubectl logs"], 120)
    wait_scored(space, 1000, 1000)
    scoring.wait_ready()
    [pod] = space.stage_pods("scoring", "scores")
    assert cluster.restarts(pod) == 0, "the worker had to start anew"
    return f"said after {took:.0f} s"


def test_an_image_that_is_not_there_is_named_and_can_be_mended(space):
    scoring = Pipeline(space, "scoring")
    image = container(space)["image"]
    change(space, image="127.0.0.1:1/nobody/none:1", command=space.command)
    took = scoring.wait_not_ready(["Failing", "scores", "user-container", "ImagePull", "container.image"], 90)
    scoring.feed(rows(2000, 10))
    change(space, image=image)
    wait_scored(space, 2000, 10)
    scoring.wait_ready(120)
    return f"said after {took:.0f} s"
