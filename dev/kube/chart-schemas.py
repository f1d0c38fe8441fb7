"""Schemas for kubeconform from the wheel kubernetes-validate, one self-contained file a kind: kubeconform reads them offline.

usage: chart-schemas.py WHEEL OUT_DIR VERSION...    a version as 1.34.0
"""
import json
import pathlib
import re
import sys
import zipfile


def used(schema, definitions, found):
    """Adds the definitions that a schema refers to, and those that these refer to."""
    for name in re.findall(r'\$defs/([^"]+)"', json.dumps(schema)):
        if name in definitions and name not in found:
            found[name] = definitions[name]
            used(definitions[name], definitions, found)
    return found


def main():
    wheel = zipfile.ZipFile(sys.argv[1])
    for version in sys.argv[3:]:
        folder = f"kubernetes_validate/kubernetes-json-schema/v{version}-local-strict/"
        out = pathlib.Path(sys.argv[2]) / f"v{version}-standalone-strict"
        out.mkdir(parents=True)
        definitions = json.loads(wheel.read(folder + "_definitions.json"))["$defs"]
        for name in wheel.namelist():
            if not name.startswith(folder) or pathlib.Path(name).name.startswith(("_", "all")) or not name.endswith(".json"):
                continue
            schema = json.loads(wheel.read(name))
            if "kind" not in schema.get("properties", {}):
                continue
            schema.pop("$id", None)
            schema["$defs"] = used(schema, definitions, {})
            text = re.sub(r'(/api/)?_definitions\.json#', "#", json.dumps(schema))
            (out / pathlib.Path(name).name).write_text(text)


if __name__ == "__main__":
    main()
