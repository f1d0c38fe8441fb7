"""The commands of docs/runbooks, run as the page says."""
import os
import re
import subprocess

from cluster import ROOT

FOLDER = ROOT / "docs/runbooks"
SECTIONS = ("Diagnosis", "Mitigation")
done = set()  # (page, section) of what was run


def commands(page, section):
    """The blocks of shell commands in a section of the page."""
    text = re.search(rf"^## {section}\n(.*?)(?=^## |\Z)", (FOLDER / page).read_text(), re.S | re.M).group(1)
    return re.findall(r"^```sh\n(.*?)^```", text, re.S | re.M)


def left():
    """Pages with commands that were not run, and these sections of them."""
    pages = {path.name: [s for s in SECTIONS if (path.name, s) not in done and commands(path.name, s)]
             for path in sorted(FOLDER.glob("*.md")) if path.name != "README.md"}
    return {page: sections for page, sections in pages.items() if sections}


def leave_out(alerts):
    """The pages of these alerts need not be run any more."""
    done.update((alert.removeprefix("Tidegate") + ".md", section) for alert in alerts for section in SECTIONS)


def run(page, section, namespace, pipeline, stage):
    """Runs them all in order; the output of the first that failed, or nothing. As in one shell: what Diagnosis set is still set."""
    env = {**os.environ, "PATH": f"{ROOT}/build/dev/cli:{os.environ['PATH']}",
           "NAMESPACE": namespace, "PIPELINE": pipeline, "STAGE": stage}
    blocks = commands(page, section)
    before = [] if section == "Diagnosis" else re.findall(r"^\w+=.*$", "".join(commands(page, "Diagnosis")), re.M)
    for number, block in enumerate(blocks):
        script = "\n".join([*before, block])
        ended = subprocess.run(["bash", "-euo", "pipefail", "-c", script], env=env, capture_output=True, text=True, timeout=180)
        if ended.returncode != 0:
            return f"{page}, {section}, block {number + 1}:\n{block.strip()}\n-> {ended.returncode}: {(ended.stderr or ended.stdout).strip()[-600:]}"
        before += re.findall(r"^\w+=.*$", block, re.M)
    done.add((page, section))
    return ""
