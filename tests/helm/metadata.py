"""Chart.yaml's Artifact Hub annotations: that they tell the truth.

usage: metadata.py check       the images are those of values.yaml, the kinds those of crds/
       metadata.py examples    the examples of kinds, as manifests
"""
import pathlib
import sys

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHART = yaml.safe_load((ROOT / "helm/tidegate/Chart.yaml").read_text())
VALUES = yaml.safe_load((ROOT / "helm/tidegate/values.yaml").read_text())


def annotation(name):
    return yaml.safe_load(CHART["annotations"]["artifacthub.io/" + name])


def kinds():
    for path in (ROOT / "crds").glob("*.yaml"):
        crd = yaml.safe_load(path.read_text())
        if crd.get("kind") == "CustomResourceDefinition":
            yield crd["metadata"]["name"], crd["spec"]["names"]["kind"], crd["spec"]["versions"][-1]["name"]


def check():
    images = {item["name"]: item["image"] for item in annotation("images")}
    assert images == {"tidegate": f"{VALUES['image']['repository']}:{CHART['appVersion']}", "kafka": VALUES["kafka"]["image"]}, images
    assert {(item["name"], item["kind"], item["version"]) for item in annotation("crds")} == set(kinds())
    assert {item["kind"] for item in annotation("crdsExamples")} == {kind for _, kind, _ in kinds()}
    assert all(change["kind"] in ("added", "changed", "deprecated", "removed", "fixed", "security") for change in annotation("changes"))


if __name__ == "__main__":
    if sys.argv[1] == "examples":
        print(yaml.safe_dump_all(annotation("crdsExamples")))
    else:
        check()
