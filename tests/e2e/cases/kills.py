"""examples/flights.yaml under kill -9 of worker, operator, broker and database while rows land: equal at the end."""
import random

import cluster
from cluster import kill_dead
from pipelines import Expectation, Pipeline, data, finish_feed

EXCLUSIVE = True  # it kills the operator
SEED = 20130101
ROWS = 60_000


def targets(space):
    def stage(name):
        return lambda: (space, space.stage_pods("flights", name)[0]["metadata"]["name"])

    def operator():
        system = cluster.Namespace("tidegate-system")
        return system, system.pods("app.kubernetes.io/name=tidegate")[0]["metadata"]["name"]

    return {"processor": stage("late"), "sink": stage("departures-table"), "intake": stage("intake"), "operator": operator,
            "broker": lambda: (space, "flights-kafka-brokers-0"), "database": lambda: (space, "postgres-0")}


def test_after_all_kills_the_tables_equal_the_batch_result(space):
    cluster.on_host("dev/demo/namespace", space.name)
    space.dsn = f"postgresql://tidegate:tidegate-demo@postgres.{space.name}/warehouse"
    space.secret("warehouse", dsn=space.dsn, password="tidegate-demo")
    space.apply_file("examples/flights.yaml")
    flights = Pipeline(space, "flights")
    expected = Expectation(flights, data("flights.ndjson"), ROWS)
    flights.wait_ready(120)
    chance = random.Random(SEED)
    victims = list(targets(space).items())
    chance.shuffle(victims)
    moments = sorted(chance.uniform(0.1, 0.9) for _ in victims)
    feed = flights.feed_beside(expected.lines, speed=2000)
    killed = []
    for (name, find), moment in zip(victims, moments):
        expected.wait_landed(moment)
        landed = expected.landed()
        kill_dead(*find())
        killed.append(f"{name} at {landed:.0%}")
    finish_feed(feed)
    expected.check(180)
    return ", ".join(killed)


def test_it_is_ready_again_with_no_dead_letters(space):
    flights = Pipeline(space, "flights")
    flights.wait_ready(60)
    assert all(s.get("deadLetters", 0) == 0 for s in flights.get()["status"]["stages"])
