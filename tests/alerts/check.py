"""What promtool does not check of the chart's alert rules: that rules, runbooks, tests and metrics know each other.

usage: check.py    one line a check, ends with `N passed, N failed`
"""
import pathlib
import re
import sys

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
RUNBOOKS = ROOT / "docs" / "runbooks"
TESTS = ROOT / "tests" / "alerts"
URL = "https://github.com/tidegate/tidegate/blob/main/docs/runbooks/"
GROUPS = yaml.safe_load((ROOT / "helm/tidegate/files/alerts.yaml").read_text())["groups"]
RULES = [rule for group in GROUPS for rule in group["rules"]]
ALERTS = [rule for rule in RULES if "alert" in rule]
PROBLEMS = {re.search(r'problem="(\w+)"', rule["expr"])[1]: rule for rule in ALERTS if 'problem="' in rule["expr"]}
WORDS = {"by", "and", "or", "bool", "max", "sum", "count", "without", "unless", "on"}
SECTIONS = ["## Meaning", "## Impact", "## Diagnosis", "## Mitigation"]


def metrics(expression):
    """Names of metrics in an expression: what is neither a function, a keyword, nor inside of braces or a label list."""
    bare = re.sub(r"\{[^}]*\}|\[[^]]*\]|\b(by|without|on)\s*\([^)]*\)", " ", expression)
    return {name for name in re.findall(r"[a-z_:][a-z0-9_:]*(?![a-z0-9_:]*\s*\()", bare, re.I) if name not in WORDS}


def page(rule):
    return rule["annotations"]["runbook_url"].removeprefix(URL)


def every_alert_is_complete():
    for rule in ALERTS:
        if not re.fullmatch(r"Tidegate([A-Z][a-z]+)+", rule["alert"]):
            yield f"{rule['alert']}: not Tidegate<Problem>"
        if rule["labels"]["severity"] not in ("critical", "warning", "{{ $labels.severity }}"):
            yield f"{rule['alert']}: severity {rule['labels']['severity']}"
        summary, description = rule["annotations"]["summary"], rule["annotations"]["description"]
        if "{{" in summary or not summary.endswith("."):
            yield f"{rule['alert']}: the summary is to be a plain sentence"
        if " Remedy: " not in description:
            yield f"{rule['alert']}: the description names no remedy"
        if len(description) > 500:
            yield f"{rule['alert']}: the description is long"


def every_alert_has_a_runbook_and_every_runbook_an_alert():
    named = {page(rule) for rule in ALERTS}
    there = {path.name for path in RUNBOOKS.glob("*.md")} - {"README.md"}
    yield from (f"there is no docs/runbooks/{name}" for name in named - there)
    yield from (f"no alert names docs/runbooks/{name}" for name in there - named)
    index = (RUNBOOKS / "README.md").read_text()
    yield from (f"docs/runbooks/README.md does not list {name}" for name in there if f"({name})" not in index)


def every_problem_has_its_own_page():
    for problem, rule in PROBLEMS.items():
        if rule["alert"] != "Tidegate" + problem or page(rule) != problem + ".md":
            yield f"{problem}: alert {rule['alert']}, page {page(rule)}"


def every_runbook_has_its_sections():
    for path in RUNBOOKS.glob("[A-Z]*.md"):
        if path.name == "README.md":
            continue
        text = path.read_text()
        if re.findall(r"^## .*", text, re.M) != SECTIONS:
            yield f"{path.name}: not {', '.join(SECTIONS)}"
        if "```sh\n" not in text:
            yield f"{path.name}: no command"
        given = {"NAMESPACE", "PIPELINE", "STAGE", *re.findall(r"\b([A-Z]+)=\$\(", text), *re.findall(r"\bfor ([A-Z]+) in", text)}
        unknown = set(re.findall(r"\$([A-Z]+)", text)) - given
        yield from (f"{path.name}: ${name} is set nowhere" for name in unknown)


def fields(schema, path):
    """Whether the schema has the path, given as its names."""
    for name in path:
        schema = schema.get("items", schema).get("properties", {}).get(name)
        if schema is None:
            return False
    return True


def every_field_that_a_runbook_names_exists():
    kinds = [yaml.safe_load(path.read_text()) for path in (ROOT / "crds").glob("*.yaml")]
    schemas = [kind["spec"]["versions"][0]["schema"]["openAPIV3Schema"] for kind in kinds]
    for page in RUNBOOKS.glob("*.md"):
        for path in re.findall(r"`(spec\.[\w.\[\]]+)`", page.read_text()):
            if not any(fields(schema, path.replace("[]", "").split(".")) for schema in schemas):
                yield f"{page.name}: there is no {path}"


def every_metric_that_a_runbook_names_is_exported():
    for page in RUNBOOKS.glob("*.md"):
        named = set(re.findall(r"(?<!:)\btidegate_\w+", page.read_text()))
        yield from (f"{page.name}: nobody exports {name}" for name in named - known_metrics())


def every_alert_is_tested_both_ways():
    for rule in ALERTS:
        path = TESTS / (rule["alert"].removeprefix("Tidegate") + ".yaml")
        if not path.exists():
            yield f"there is no {path.relative_to(ROOT)}"
            continue
        cases = [case for test in yaml.safe_load(path.read_text())["tests"] for case in test["alert_rule_test"]]
        if any(case["alertname"] != rule["alert"] for case in cases):
            yield f"{path.name} tests another alert"
        if not any(case.get("exp_alerts") for case in cases) or all(case.get("exp_alerts") for case in cases):
            yield f"{path.name} does not show both that it fires and that it does not"


def known_metrics():
    """What components export, as docs/metrics.md lists it, which is written from the table in common/metrics."""
    return set(re.findall(r"^\| `(\w+)` \|", (ROOT / "docs/metrics.md").read_text(), re.M))


def every_metric_is_exported():
    known = known_metrics() | {rule["record"] for rule in RULES if "record" in rule}
    for rule in RULES:
        yield from (f"{rule.get('alert') or rule['record']}: nobody exports {name}" for name in metrics(rule["expr"]) - known)


def every_problem_of_the_operator_has_an_alert():
    table = (ROOT / "controllers/health/problem.cpp").read_text()
    rows = dict(re.findall(r'\{Kind::\w+, "(\w+)", Severity::(\w+)', table))
    yield from (f"{problem}: no alert" for problem in rows.keys() - PROBLEMS.keys())
    yield from (f"{problem}: the operator knows no such problem" for problem in PROBLEMS.keys() - rows.keys())
    for problem in rows.keys() & PROBLEMS.keys():
        severity = PROBLEMS[problem]["labels"]["severity"]
        if severity not in (rows[problem], "{{ $labels.severity }}"):
            yield f"{problem}: {severity}, but the operator says {rows[problem]}"


def enough():
    if len(ALERTS) < 15:
        yield f"only {len(ALERTS)} alerts"


CHECKS = [enough, every_alert_is_complete, every_alert_has_a_runbook_and_every_runbook_an_alert, every_problem_has_its_own_page,
          every_runbook_has_its_sections, every_field_that_a_runbook_names_exists, every_metric_that_a_runbook_names_is_exported,
          every_alert_is_tested_both_ways, every_metric_is_exported,
          every_problem_of_the_operator_has_an_alert]


def main():
    failed = 0
    for check in CHECKS:
        found = list(check())
        failed += bool(found)
        print("FAIL" if found else "ok  ", check.__name__.replace("_", " "))
        print(*("     " + line for line in found), sep="\n", end="\n" if found else "")
    print(f"{len(CHECKS) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
