"""Every file of examples/ is accepted: by the API server, and by `kubectl tidegate validate`; its SQL can be tried on files."""
import csv
import itertools
import json
import os
import tempfile

import cluster
from pipelines import data


def ndjson(records):
    file = tempfile.NamedTemporaryFile("w", suffix=".ndjson")
    file.writelines(json.dumps(record) + "\n" for record in records)
    file.flush()
    return file


def try_on_files(example, *arguments):
    return cluster.run("env", f"PATH={cluster.ROOT}/build/dev/worker:{os.environ['PATH']}",
                       cluster.ROOT / "build/dev/cli/kubectl-tidegate", "test", "-f", cluster.ROOT / "examples" / example,
                       *arguments, check=False)


def test_every_example_applies(space):
    files = sorted((cluster.ROOT / "examples").glob("*.yaml"))
    assert len(files) >= 3
    for file in files:
        space.kubectl("apply", "--dry-run=server", "-f", file)
        cluster.cli("validate", "-f", file)
    return f"{len(files)} files"


def test_the_fraud_example_gives_the_batch_result_without_a_cluster(space):
    fields = ["id", "card_id", "store_id", "datetime", "amount", "currency", "country"]
    payments = [json.loads(line) for line in open(data("payments.ndjson"))]
    alerts = [{**{f: p[f] for f in fields}, "rule": "amount"} for p in payments if p["amount"] >= 90000]
    assert len(alerts) == 10134

    def judge(expected):
        with ndjson(reversed(expected)) as file:
            return try_on_files("fraud.yaml", "--input", f"payments={data('payments.ndjson')}", "--expect", f"alerts={file.name}")

    same = judge(alerts)
    assert same.returncode == 0 and "ok   alerts" in same.stdout, same
    one_less = judge(alerts[:-1])
    assert one_less.returncode == 1 and "0 records are missing, 1 were not expected" in one_less.stdout, one_less


def test_the_enrichment_example_joins_flights_with_airports_and_weather(space):
    flights = [json.loads(line) for line in itertools.islice(open(data("flights.ndjson")), 20000)]
    airports = {"EWR": "Newark Liberty International", "JFK": "John F. Kennedy International", "ORD": "Chicago O'Hare International"}
    number = lambda text: None if text == "NA" else float(text)
    weather = {(row["origin"], row["time_hour"]): (number(row["wind_speed"]), number(row["visib"]))
               for row in csv.DictReader(open(data("weather.csv")))}

    def late(flight):
        wind_speed, visibility = weather.get((flight["origin"], flight["time_hour"]), (None, None))
        return {**{f: flight[f] for f in ["time_hour", "carrier", "flight", "dep_delay"]},
                "from_airport": airports[flight["origin"]], "to_airport": airports.get(flight["dest"], flight["dest"]),
                "wind_speed": wind_speed, "visibility": visibility}

    # LaGuardia is not in the table, and an inner join drops what it does not find.
    expected = [late(f) for f in flights if (f["dep_delay"] or 0) > 60 and f["origin"] in airports]
    found = [row for row in expected if row["visibility"] is not None]
    assert 100 < len(found) <= len(expected) < len([f for f in flights if (f["dep_delay"] or 0) > 60])
    rows = [{"faa": "EWR", "name": "an older name"}] + [{"faa": faa, "name": name} for faa, name in airports.items()]
    with (ndjson(flights) as departures, ndjson(rows) as names, ndjson(expected) as late_departures,
          ndjson({"origin": origin, "time_hour": hour, "wind_speed": wind, "visib": visib}
                 for (origin, hour), (wind, visib) in weather.items()) as hours):
        same = try_on_files("enrichment.yaml", "--input", f"departures={departures.name}", "--input", f"airports={names.name}",
                            "--input", f"weather={hours.name}", "--expect", f"late-departures={late_departures.name}")
    assert same.returncode == 0 and "ok   late-departures" in same.stdout, same
    return f"{len(expected)} late departures, {len(found)} with their weather"
