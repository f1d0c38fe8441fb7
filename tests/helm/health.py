"""Runs the Argo CD health checks of docs/gitops on their test data with Lua 5.1, the language that Argo CD speaks.

The data must have the shape that the kinds' schemas allow, and Healthy must mean what kstatus calls Current.
Closes with `N passed, N failed`.
"""
import pathlib
import subprocess
import sys

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHECKS = ROOT / "docs" / "gitops" / "argocd"
RUN = """
obj = {object}
local health = dofile({script})
io.write(health.status or "", "\\n", health.message or "", "\\n")
"""


def lua(value):
    """A value as Lua text."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"[{lua(key)}] = {lua(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "{" + ", ".join(map(lua, value)) + "}"
    if isinstance(value, str):
        return '"' + "".join(f"\\{byte:03d}" for byte in value.encode()) + '"'
    return {None: "nil", True: "true", False: "false"}.get(value) if value is None or isinstance(value, bool) else repr(value)


def health(script, obj):
    text = RUN.format(object=lua(obj), script=lua(str(script)))
    done = subprocess.run(["lua5.1", "-"], input=text, capture_output=True, text=True, timeout=10)
    return tuple(done.stdout.splitlines()) if done.returncode == 0 else ("error", done.stderr.strip())


def kstatus(obj):
    """The algorithm of sigs.k8s.io/cli-utils/pkg/kstatus for kinds that it does not know."""
    status = obj.get("status", {})
    conditions = {c["type"]: c["status"] for c in status.get("conditions", [])}
    if "deletionTimestamp" in obj["metadata"]:
        return "Terminating"
    if status.get("observedGeneration", obj["metadata"]["generation"]) != obj["metadata"]["generation"]:
        return "InProgress"
    if conditions.get("Reconciling") == "True":
        return "InProgress"
    if conditions.get("Stalled") == "True":
        return "Failed"
    return "InProgress" if conditions.get("Ready", "True") != "True" else "Current"


def strange(value, schema, path=""):
    """Paths of what a schema does not know or does not allow the value of."""
    if isinstance(value, dict):
        known = schema.get("properties", {})
        for key, item in value.items():
            if key not in known and "additionalProperties" not in schema:
                yield f"{path}.{key}"
            else:
                yield from strange(item, known.get(key, {}), f"{path}.{key}")
        yield from (f"{path}.{key} is missing" for key in schema.get("required", []) if key not in value)
    elif isinstance(value, list):
        for item in value:
            yield from strange(item, schema.get("items", {}), path + "[]")
    elif "enum" in schema and value not in schema["enum"]:
        yield f"{path}: {value}"


def schema_of(kind):
    for path in (ROOT / "crds").glob("*.yaml"):
        crd = yaml.safe_load(path.read_text())
        if crd["spec"]["names"]["kind"] == kind:
            return crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]
    raise KeyError(kind)


def problems(folder, test):
    obj = yaml.safe_load((folder / test["inputPath"]).read_text())
    wanted = (test["healthStatus"]["status"], test["healthStatus"]["message"])
    given = health(folder / "health.lua", obj)
    if given != wanted:
        yield f"{given} instead of {wanted}"
    # No status at all is Current for kstatus; the operator writes one within a second, and the health check does wait for it.
    if "status" in obj and (given[0] == "Healthy") != (kstatus(obj) == "Current"):
        yield f"{given[0]}, but kstatus says {kstatus(obj)}"
    schemas = schema_of(obj["kind"])
    for part in ("spec", "status"):
        yield from strange(obj.get(part), schemas[part], part)


def main():
    passed = failed = 0
    for tests in sorted(CHECKS.glob("*/*/health_test.yaml")):
        folder = tests.parent
        cases = yaml.safe_load(tests.read_text())["tests"]
        untested = {f"testdata/{p.name}" for p in folder.glob("testdata/*")} - {case["inputPath"] for case in cases}
        for name, found in [(case["inputPath"], list(problems(folder, case))) for case in cases] + [(name, ["no test"]) for name in untested]:
            passed, failed = (passed, failed + 1) if found else (passed + 1, failed)
            print("FAIL" if found else "ok  ", f"Argo CD health: {folder.name} {pathlib.Path(name).stem}", *found, sep=" ")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
