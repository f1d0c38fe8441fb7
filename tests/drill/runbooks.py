"""The commands of docs/runbooks, run as the page says."""
import os
import re
import subprocess

from cluster import ROOT

FOLDER = ROOT / "docs/runbooks"


def commands(url, section):
    """The blocks of shell commands in a section of the page at an alert's runbook_url."""
    page = (FOLDER / url.rsplit("/", 1)[1]).read_text()
    text = re.search(rf"^## {section}\n(.*?)(?=^## |\Z)", page, re.S | re.M).group(1)
    return re.findall(r"^```sh\n(.*?)^```", text, re.S | re.M)


def run(url, section, namespace, pipeline, stage):
    """Runs them all; the output of each that failed."""
    env = {**os.environ, "PATH": f"{ROOT}/build/dev/cli:{os.environ['PATH']}",
           "NAMESPACE": namespace, "PIPELINE": pipeline, "STAGE": stage}
    failed = []
    for block in commands(url, section):
        done = subprocess.run(["bash", "-c", block], env=env, capture_output=True, text=True, timeout=120)
        if done.returncode != 0:
            failed.append(f"{block.strip()}\n-> {done.returncode}: {(done.stderr or done.stdout).strip()[-600:]}")
    return failed
