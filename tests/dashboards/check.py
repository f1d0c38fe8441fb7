"""What every dashboard of helm/tidegate/files/dashboards must keep to.

usage: check.py [PROMTOOL [PROMETHEUS]]    PROMTOOL: its queries parse; PROMETHEUS (the program): they find data in example.py
Prints one line a test and `N passed, N failed` last.
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
DASHBOARDS = {path.stem: json.loads(path.read_text()) for path in sorted((ROOT / "helm/tidegate/files/dashboards").glob("*.json"))}
VARIABLES = {"__rate_interval": "1m", "namespace": ".*", "pipeline": ".*", "cluster": ".*"}
TARGET = {"pod", "instance"}  # labels that Prometheus adds for where a sample is from
# Good news: nothing is set aside in the pipeline that is drawn, and no volume is filling. And no stage of it has a window.
MAY_BE_EMPTY = {"Dead letters by reason", "Full in", "Watermark behind the clock", "Held in open windows"}
FUNCTIONS_AND_WORDS = re.compile(r"^(sum|max|min|avg|count|topk|rate|increase|deriv|vector|absent|label_replace|count_over_time|histogram_quantile|by|on|and|or|unless|group_left|NaN)$")


def panels():
    for name, dashboard in DASHBOARDS.items():
        for panel in dashboard["panels"]:
            yield f"{name}: {panel['title']}", panel


def queries():
    for where, panel in panels():
        for target in panel["targets"]:
            yield where, target["expr"]


def filled(expr, **chosen):
    """With the dashboard's variables as they were chosen."""
    for variable, value in {**VARIABLES, **chosen}.items():
        expr = expr.replace(f"${variable}", value)
    return expr


def metrics(expr):
    """Names of series: words outside strings, label lists, ranges and numbers."""
    bare = re.sub(r'"[^"]*"|\[[^]]*\]', " ", expr)
    bare = re.sub(r"\{[^}]*\}", " ", bare)
    bare = re.sub(r"\b(by|on|group_left|ignoring|without)\s*\([^)]*\)", " ", bare)
    return {word for word in re.findall(r"[A-Za-z_:][A-Za-z0-9_:]*", bare) if not FUNCTIONS_AND_WORDS.match(word)}


def catalogue():
    """{name: (type, labels)} of what docs/metrics.md, which is written from the code, says is exported."""
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| [^|]*\| ([^|]*)\|", (ROOT / "docs/metrics.md").read_text(), re.MULTILINE)
    assert rows, "docs/metrics.md has no table that is known here"
    return {name: (kind, set(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows}


def every_query_names_a_metric_that_is_exported():
    known = catalogue()
    for where, expr in queries():
        for name in metrics(expr):
            assert name.removesuffix("_bucket") in known, f"{where}: nothing exports {name}"


def every_query_asks_for_labels_that_its_metrics_have():
    known = catalogue()
    for where, expr in queries():
        for name, matchers in re.findall(r"(\w+)\{([^}]*)\}", expr):
            for label in re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", matchers):
                assert label in known[name.removesuffix("_bucket")][1], f"{where}: {name} has no label {label}"
        labels = TARGET | {"le"} | {label for name in metrics(expr) for label in known[name.removesuffix("_bucket")][1]}
        for group in re.findall(r"\b(?:by|on)\s*\(([^)]*)\)", expr):
            for label in re.findall(r"\w+", group):
                assert label in labels, f"{where}: nothing there has the label {label}"


def the_example_is_what_is_exported():
    known = catalogue()
    text = subprocess.run([sys.executable, "-B", HERE / "example.py", "7200"], check=True, capture_output=True, text=True).stdout
    for name, labels in set(re.findall(r"^(\w+)\{(.*?)\} ", text, re.MULTILINE)):
        assert name.removesuffix("_bucket") in known, f"nothing exports {name}"
        more = set(re.findall(r"(\w+)=", labels)) - known[name.removesuffix("_bucket")][1] - TARGET - {"le"}
        assert not more, f"{name} has no label {more}"


def every_panel_is_described_and_has_a_unit():
    for where, panel in panels():
        assert len(panel["description"]) > 20, f"{where}: no description"
        assert panel["description"].endswith("."), f"{where}: its description is no sentence"
        assert panel["fieldConfig"]["defaults"]["unit"], f"{where}: no unit"
        assert panel["type"] in ("stat", "bargauge", "timeseries", "table"), f"{where}: {panel['type']}"


def ids_are_unique_and_panels_do_not_overlap():
    assert len({dashboard["uid"] for dashboard in DASHBOARDS.values()}) == len(DASHBOARDS) == 4
    for name, dashboard in DASHBOARDS.items():
        assert dashboard["uid"] == name and dashboard["id"] is None and not dashboard["editable"]
        ids = [panel["id"] for panel in dashboard["panels"]]
        assert len(ids) == len(set(ids)), f"{name}: ids {ids}"
        cells = [(x, y) for p in dashboard["panels"] for x in range(p["gridPos"]["x"], p["gridPos"]["x"] + p["gridPos"]["w"])
                 for y in range(p["gridPos"]["y"], p["gridPos"]["y"] + p["gridPos"]["h"])]
        assert len(cells) == len(set(cells)), f"{name}: panels overlap"
        assert max(x for x, _ in cells) < 24, f"{name}: wider than the grid"


def every_query_asks_the_chosen_data_source():
    for name, dashboard in DASHBOARDS.items():
        assert dashboard["templating"]["list"][0]["type"] == "datasource", name
    for where, panel in panels():
        for target in panel["targets"]:
            assert target["datasource"]["uid"] == "${datasource}", where


def counters_are_only_seen_as_rates():
    for where, expr in queries():
        for name in re.findall(r"\w+_total\b", expr):
            assert re.search(rf"(rate|increase)\({name}", expr), f"{where}: {name} is no figure by itself"


def links_lead_somewhere():
    for name, dashboard in DASHBOARDS.items():
        for uid in re.findall(r"/d/([\w-]+)", json.dumps(dashboard)):
            assert uid in DASHBOARDS, f"{name}: no dashboard {uid}"
        for path in re.findall(r"/blob/main/(docs/[\w/.-]+\.md)", json.dumps(dashboard)):
            assert (ROOT / path).exists(), f"{name}: no {path}"


def dashboards_are_what_the_generator_writes():
    subprocess.run([ROOT / "dev/dashboards/make", "--check"], check=True, capture_output=True)


def queries_parse(promtool):
    with tempfile.TemporaryDirectory() as folder:
        rules = pathlib.Path(folder) / "rules.yml"
        rules.write_text(json.dumps({"groups": [{"name": "queries", "rules": [
            {"record": f"query:n{i}", "expr": filled(expr)} for i, (_, expr) in enumerate(queries())]}]}))
        done = subprocess.run([promtool, "check", "rules", "--lint=none", rules], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def queries_find_data(promtool, prometheus):
    with tempfile.TemporaryDirectory() as folder:
        data = pathlib.Path(folder)
        now = int(time.time())
        (data / "example.txt").write_text(subprocess.run([sys.executable, HERE / "example.py", str(now)], check=True, capture_output=True, text=True).stdout)
        subprocess.run([promtool, "tsdb", "create-blocks-from", "openmetrics", data / "example.txt", data / "tsdb"], check=True, capture_output=True)
        (data / "prometheus.yml").write_text("{}")
        with open(data / "log", "w+") as log, subprocess.Popen(
                [prometheus, f"--storage.tsdb.path={data}/tsdb", f"--config.file={data}/prometheus.yml", "--web.listen-address=127.0.0.1:0"], stderr=log) as server:
            try:
                port = None
                while port is None:
                    assert server.poll() is None, (data / "log").read_text()
                    time.sleep(0.2)
                    port = re.search(r"Listening on.*address=127\.0\.0\.1:(\d+)", (data / "log").read_text())
                address = f"http://127.0.0.1:{port[1]}"
                empty = unanswered(address, now, "shop", "fraud")
                assert {where.split(": ", 1)[1] for where in empty} <= MAY_BE_EMPTY, f"no data: {empty}"
            finally:
                server.terminate()


def unanswered(address, at, namespace, pipeline):
    """Panels with a query that finds nothing; those about one pipeline are asked about this one, the others about all."""
    of_one = {"namespace": namespace, "pipeline": pipeline}
    return sorted({where for where, expr in queries()
                   if not ask(address, filled(expr, **(of_one if where.startswith("tidegate-pipeline") else {})), at)})


def ask(address, query, at):
    end = time.monotonic() + 20
    while True:
        try:
            with urllib.request.urlopen(f"{address}/api/v1/query?" + urllib.parse.urlencode({"query": query, "time": at})) as answer:
                return json.load(answer)["data"]["result"]
        except urllib.error.HTTPError as error:
            if error.code != 503 or time.monotonic() > end:  # 503 while it starts
                raise AssertionError(f"{query}: {error.read().decode()}") from error
            time.sleep(0.2)


def main():
    tests = [every_query_names_a_metric_that_is_exported, every_query_asks_for_labels_that_its_metrics_have, the_example_is_what_is_exported, every_panel_is_described_and_has_a_unit,
             ids_are_unique_and_panels_do_not_overlap, every_query_asks_the_chosen_data_source, counters_are_only_seen_as_rates, links_lead_somewhere,
             dashboards_are_what_the_generator_writes]
    runs = [(test, ()) for test in tests]
    if len(sys.argv) > 1:
        runs.append((queries_parse, sys.argv[1:2]))
    if len(sys.argv) > 2:
        runs.append((queries_find_data, sys.argv[1:3]))
    failed = 0
    for test, arguments in runs:
        try:
            test(*arguments)
            print(f"ok   dashboards: {test.__name__.replace('_', ' ')}")
        except (AssertionError, subprocess.CalledProcessError) as error:
            failed += 1
            print(f"FAIL dashboards: {test.__name__.replace('_', ' ')}: {error}")
    print(f"{len(runs) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
