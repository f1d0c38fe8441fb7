"""Runs the health checks of docs/gitops on their test data: Argo CD's with Lua 5.1, the language it speaks, and Flux's with CEL.

The data must have the shape that the kinds' schemas allow, and Healthy must mean what kstatus calls Current.
usage: health.py CEL_FOLDER    CEL_FOLDER holds the package @marcbachmann/cel-js; closes with `N passed, N failed`
"""
import json
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


# As Flux does it: its order, InProgress when nothing is true; an expression about what is not there yet is asked again later.
FLUX = """
import {evaluate} from %s
import {readFileSync} from 'node:fs'
const says = (expression, object) => { try { return evaluate(expression, object) } catch { return false } }
for (const {object, exprs} of JSON.parse(readFileSync(0))) {
  const seen = object.status?.observedGeneration
  if (seen !== undefined && BigInt(seen) !== BigInt(object.metadata.generation)) console.log('InProgress')
  else if (exprs.inProgress && says(exprs.inProgress, object)) console.log('InProgress')
  else if (exprs.failed && says(exprs.failed, object)) console.log('Failed')
  else console.log(says(exprs.current, object) ? 'Current' : 'InProgress')
}
"""


def flux(objects, cel_folder):
    """What Flux says of each object, by the example's expressions."""
    checks = yaml.safe_load((ROOT / "docs/gitops/flux.yaml").read_text())["spec"]["healthCheckExprs"]
    exprs = {check["kind"]: check for check in checks}
    script = FLUX % json.dumps(str(pathlib.Path(cel_folder).resolve() / "lib/index.js"))
    done = subprocess.run(["node", "--input-type=module", "-e", script], capture_output=True, text=True, timeout=60, check=True,
                          input=json.dumps([{"object": obj, "exprs": exprs[obj["kind"]]} for obj in objects], default=str))
    return done.stdout.split()


def wanted_of_flux(obj, health_status):
    """A paused pipeline is as Git has it; of what Argo CD calls Degraded only Stalled is certain to stay."""
    if health_status in ("Healthy", "Suspended"):
        return "Current"
    stalled = any(c["type"] == "Stalled" and c["status"] == "True" for c in obj.get("status", {}).get("conditions", []))
    return "Failed" if stalled and health_status == "Degraded" else "InProgress"


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


def problems(obj, test, script):
    wanted = (test["healthStatus"]["status"], test["healthStatus"]["message"])
    given = health(script, obj)
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

    def tell(name, found):
        nonlocal passed, failed
        passed, failed = (passed, failed + 1) if found else (passed + 1, failed)
        print("FAIL" if found else "ok  ", name, *found)

    for tests in sorted(CHECKS.glob("*/*/health_test.yaml")):
        folder, cases = tests.parent, yaml.safe_load(tests.read_text())["tests"]
        objects = [yaml.safe_load((folder / case["inputPath"]).read_text()) for case in cases]
        for case, obj, said in zip(cases, objects, flux(objects, sys.argv[1]), strict=True):
            name = f"{folder.name} {pathlib.Path(case['inputPath']).stem}"
            tell("Argo CD health: " + name, list(problems(obj, case, folder / "health.lua")))
            wanted = wanted_of_flux(obj, case["healthStatus"]["status"])
            # Flux does not ask about what is being deleted.
            if "deletionTimestamp" not in obj["metadata"]:
                tell("Flux health: " + name, [] if said == wanted else [f"{said} instead of {wanted}"])
        for path in {p.name for p in folder.glob("testdata/*")} - {pathlib.Path(case["inputPath"]).name for case in cases}:
            tell(f"Argo CD health: {folder.name} {path}", ["no test"])
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
