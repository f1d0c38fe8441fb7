"""The commands of docs/runbooks, run as the page says."""
import os
import re
import subprocess

from cluster import ROOT

FOLDER = ROOT / "docs/runbooks"


def diagnosis(alert):
    """The shell commands of the section Diagnosis of an alert's page, a list of blocks."""
    page = (FOLDER / (alert.removeprefix("Tidegate") + ".md")).read_text()
    section = re.search(r"^## Diagnosis\n(.*?)(?=^## |\Z)", page, re.S | re.M).group(1)
    return re.findall(r"^```sh\n(.*?)^```", section, re.S | re.M)


def run(alert, namespace, pipeline, stage):
    """Runs them all; the output of each that failed."""
    env = {**os.environ, "PATH": f"{ROOT}/build/dev/cli:{os.environ['PATH']}",
           "NAMESPACE": namespace, "PIPELINE": pipeline, "STAGE": stage}
    failed = []
    for block in diagnosis(alert):
        done = subprocess.run(["bash", "-c", block], env=env, capture_output=True, text=True, timeout=120)
        if done.returncode != 0:
            failed.append(f"{block.strip()}\n-> {done.returncode}: {(done.stderr or done.stdout).strip()[-600:]}")
    return failed
