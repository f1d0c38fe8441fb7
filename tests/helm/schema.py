"""Tests values.schema.json of the chart: that it leaves nothing open, and that Helm refuses each kind of mistake in each value.

usage: schema.py complete              the schema knows exactly the values of values.yaml, and constrains each
       schema.py suite >FILE           a suite for helm-unittest with every mistake that the schema is to refuse
"""
import copy
import importlib.machinery
import importlib.util
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHART = ROOT / "helm" / "tidegate"
SCHEMA = json.loads((CHART / "values.schema.json").read_text())
# What Kubernetes itself describes and checks, at length.
KUBERNETES = {"affinity.nodeAffinity", "affinity.podAffinity", "affinity.podAntiAffinity", "global", "extraEnv[].valueFrom.fieldRef",
              "extraEnv[].valueFrom.resourceFieldRef", "extraEnv[].valueFrom.configMapKeyRef", "extraEnv[].valueFrom.secretKeyRef"}


def resolved(schema):
    return SCHEMA["definitions"][schema["$ref"].split("/")[-1]] if "$ref" in schema else schema


def sample(schema):
    """A value that the schema allows."""
    schema = resolved(schema)
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema["type"] if isinstance(schema["type"], str) else schema["type"][0]
    if kind == "object":
        names = schema.get("required") or list(schema.get("properties", {}))[:schema.get("minProperties", 0)]
        return {name: sample(schema["properties"][name]) for name in names}
    return {"string": "a", "integer": max(1, schema.get("minimum", 1)), "boolean": True, "array": []}[kind]


def mistakes(schema):
    """(what is wrong, a value that the schema must refuse), of the value itself, not of what is in it."""
    if "enum" in schema:
        yield "no such choice", "no-such-choice"
        return
    kinds = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    wrong = {"string": 5, "integer": "text", "boolean": "yes", "array": {"a": "map"}, "object": ["a list"]}
    yield "wrong type", True if len(kinds) > 1 else wrong[kinds[0]]
    if "pattern" in schema:
        yield "wrong form", "no @ such form"
    if schema.get("minLength"):
        yield "empty", ""
    if "maxLength" in schema:
        yield "too long", "a" * (schema["maxLength"] + 1)
    if "minimum" in schema:
        yield "too small", schema["minimum"] - 1
    if "maximum" in schema:
        yield "too large", schema["maximum"] + 1
    if schema.get("minItems"):
        yield "empty", []
    if "properties" in schema:
        yield "unknown key", {**sample(schema), "unknownKey": "x"}
        for name in schema.get("required", []):
            yield f"lacks {name}", {key: value for key, value in sample(schema).items() if key != name}
    elif isinstance(schema.get("additionalProperties"), dict):
        yield "wrong type of a value", {"key": ["a list"]}


def walk(schema, path="", wrap=lambda value: value):
    """(path, schema, function that puts a value at the path) of everything below."""
    for name, part in schema.get("properties", {}).items():
        def put(value, name=name):
            outer = copy.deepcopy(sample(schema))
            outer[name] = value
            return wrap(outer)
        yield from visit(part, f"{path}.{name}".lstrip("."), put)


def visit(part, path, put):
    part = resolved(part)
    yield path, part, put
    if part.get("type") == "array":
        yield from visit(part["items"], path + "[]", lambda value: put([value]))
    elif "properties" in part:
        yield from walk(part, path, put)


def open_places():
    if SCHEMA.get("additionalProperties") is not False:
        yield "the top level is not closed"
    for path, part, _ in walk(SCHEMA):
        if path in KUBERNETES:
            continue
        if "type" not in part and "enum" not in part:
            yield f"{path} has no type"
        elif part.get("type") == "object" and part.get("additionalProperties", True) is True:
            yield f"{path} is not closed"


def documented():
    """What dev/chart-readme finds in values.yaml."""
    loader = importlib.machinery.SourceFileLoader("chart_readme", str(ROOT / "dev" / "chart-readme"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("chart_readme", loader))
    loader.exec_module(module)
    return {name for name, _, _ in module.rows((CHART / "values.yaml").read_text())}


def complete():
    found = list(open_places())
    described = documented()
    for path, part, _ in walk(SCHEMA):
        inside = any(path.startswith((name + ".", name + "[")) for name in described)
        group = any(name.startswith(path + ".") for name in described)
        if path not in described and not inside and not group and path not in ("global", "resources.claims") and "claims[" not in path:
            found.append(f"{path} is not in values.yaml")
    return found


def suite():
    tests = []
    for path, part, put in walk(SCHEMA):
        if path in KUBERNETES:
            continue
        for what, value in mistakes(part):
            if what.startswith("lacks") and "[]" not in path:
                continue  # the default has what lacks, and Helm merges maps
            tests.append({"it": f"refuses {path}: {what}", "set": put(value),
                          "asserts": [{"failedTemplate": {"errorPattern": "values don't meet the specifications of the schema"}}]})
    return {"suite": "values that are refused", "templates": ["deployment.yaml"], "tests": tests}


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    if sys.argv[1] == "suite":
        print(json.dumps(suite(), indent=1))
    else:
        problems = complete()
        print(*problems, sep="\n")
        sys.exit(1 if problems else 0)
