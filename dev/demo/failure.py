#!/usr/bin/env python3
"""A field is renamed upstream, so that the query matches nothing any more; shows the alerts that Alertmanager receives, then repairs.

usage: failure.py --pipeline NAME -n NAMESPACE --file FILE --field FIELD --stage STAGE

Runs inside the cluster's network (dev/demo/inside), after the demo. Exit code 1 when no alert names the stage within a minute, when
one of them is still there three minutes after the repair, or when the tables are not what they were.
"""
import argparse
import json
import subprocess
import sys
import textwrap
import time
import urllib.parse
import urllib.request

from compare import Batch, compare
from feed import Feed, read_lines
from flow import intake_url, kubectl_json

ALERTMANAGER = "http://alertmanager.monitoring:9093"
SPEED = 2000  # rows per second
WITHIN = 60  # seconds from the first wrong record to the alert
COMPANY = 10  # seconds to wait for further alerts
GONE_WITHIN = 180  # seconds from the repair to the end of the alerts: their minute's memory, and patience of the detectors


def active(pipeline, namespace):
    """Alerts of the pipeline that Alertmanager holds."""
    filters = [("filter", f'namespace="{namespace}"'), ("filter", f'pipeline="{pipeline}"'), ("active", "true")]
    with urllib.request.urlopen(f"{ALERTMANAGER}/api/v2/alerts?{urllib.parse.urlencode(filters)}", timeout=5) as answer:
        return json.load(answer)


def name(alert):
    return " ".join(alert["labels"].get(label, "") for label in ("alertname", "stage", "subject")).strip()


def show(alert, after):
    labels, words = alert["labels"], alert["annotations"]
    print(f"\n  after {after:.0f} s  {labels['alertname']}  severity {labels['severity']}  stage {labels.get('stage', '-')}")
    print(textwrap.fill(words["description"], 110, initial_indent="    ", subsequent_indent="    "))
    print("    " + words["runbook_url"], flush=True)


class Break:
    """Feeds the file again with a field renamed, second by second, and tells of alerts as they come."""

    def __init__(self, args, url, lines):
        self.args, self.url, self.lines = args, url, lines
        self.sent = 0
        self.seen = {}  # name -> seconds after the first wrong record

    def run(self):
        """True when an alert names the stage in time."""
        old, new = f'"{self.args.field}":'.encode(), f'"{self.args.field}_minutes":'.encode()
        began, named_at = time.monotonic(), None
        while time.monotonic() - began < WITHIN and (named_at is None or time.monotonic() - named_at < COMPANY):
            second = time.monotonic() + 1
            part = [line.replace(old, new) for line in self.lines[self.sent:self.sent + SPEED]]
            Feed(self.url).run(part)
            self.sent += len(part)
            self.look(time.monotonic() - began)
            if named_at is None and any(f" {self.args.stage}" in alert for alert in self.seen):
                named_at = time.monotonic()
            time.sleep(max(0.0, second - time.monotonic()))
        return named_at is not None

    def look(self, after):
        for alert in active(self.args.pipeline, self.args.namespace):
            if name(alert) not in self.seen:
                self.seen[name(alert)] = after
                show(alert, after)


def until_gone(args):
    """Seconds until no alert of the pipeline is left, or None."""
    began = time.monotonic()
    while time.monotonic() - began < GONE_WITHIN:
        if not active(args.pipeline, args.namespace):
            return time.monotonic() - began
        time.sleep(1)
    return None


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for option in ("--pipeline", "--file", "--field", "--stage"):
        parser.add_argument(option, required=True)
    parser.add_argument("-n", "--namespace", required=True)
    return parser.parse_args()


def main():
    args = arguments()
    before = active(args.pipeline, args.namespace)
    if before:
        sys.exit(f"there are alerts already: {', '.join(map(name, before))}")
    lines = read_lines(args.file)
    url = intake_url(args.namespace, args.pipeline, 60)
    print(f"  records now come with {args.field}_minutes instead of {args.field}, {SPEED:,} a second ...", flush=True)
    fault = Break(args, url, lines)
    named = fault.run()
    if not named:
        print(f"  no alert about {args.stage} within {WITHIN} s", file=sys.stderr)
    print(f"\n  repair: the same {fault.sent:,} records as they should be", flush=True)
    Feed(url, SPEED * 3).run(lines[:fault.sent])
    gone = until_gone(args)
    print(f"  {'alerts are left' if gone is None else 'no alert any more'} {gone or GONE_WITHIN:.0f} s after it", flush=True)
    spec = kubectl_json("-n", args.namespace, "get", "pipelines.tidegate.io", args.pipeline)["spec"]
    same = compare(Batch(spec, args.file), f"postgresql://tidegate:tidegate-demo@postgres.{args.namespace}/warehouse")
    return 0 if named and gone is not None and same else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as error:
        sys.exit(error.stderr)
