#!/usr/bin/env python3
"""Both laws on the same pipeline, with the same arrivals at the same moment, and what the simulator says of each.

usage: main.py run FOLDER [--workloads step,wave] [--laws Tidegate,KEDA] [--short]     samples into FOLDER
       main.py report FOLDER [--record FILE.md]                                        a folder that `run` has filled
--short: a few minutes, for a look at the tool itself
"""
import argparse
import datetime
import json
import os
import pathlib
import sys
import threading
import time
import traceback

ROOT = pathlib.Path(__file__).resolve().parents[3]
for folder in ("tests/e2e", "dev/demo"):
    sys.path.insert(0, str(ROOT / folder))

import report  # noqa: E402
import workloads  # noqa: E402

EVERY = 0.5  # seconds between two samples
LEAD = 3  # seconds until the first arrival
BLIND = 20  # seconds without a look after which a run is worth nothing


def watch(stage, law, began, seconds, samples):
    """Samples until the last second has passed, and does what the law says; our own law needs nobody to do it."""
    number, at_last = 0, 0.0
    while number * EVERY <= seconds:
        time.sleep(max(0.0, began + number * EVERY - time.time()))
        try:
            sample = stage.sample(began)
            samples.append(sample)
            at_last = sample.at
            wanted = law.decide(sample) if law else None
            if wanted is not None and wanted != sample.asked:
                stage.scale(wanted)
        except stage.FAILURES as error:  # a look or two may fail on a busy machine; the next one speaks for their time too
            print(f"{stage.name} after {time.time() - began:.0f} s: {error}", flush=True)
            if time.time() - began - at_last > BLIND:
                raise
        number = max(number + 1, int((time.time() - began) / EVERY) + 1)


def one_workload(name, arrivals, laws, binary, api, folder):
    """The stages of all laws side by side."""
    from keda import Keda
    from producer import Producer
    from stage import KAFKA, Stage

    stages = {law: Stage(api, f"{name}-{law.lower()}") for law in laws}
    for stage in stages.values():
        stage.create()
    samples, failures = {law: [] for law in laws}, []
    began = time.time() + LEAD

    def work(law):
        keda = Keda(binary) if law == "KEDA" else None
        try:
            watch(stages[law], keda, began, len(arrivals), samples[law])
        except Exception:
            failures.append(f"{law}: {traceback.format_exc()}")
        finally:
            if keda:
                keda.close()

    producer = Producer(KAFKA, [stage.topic for stage in stages.values()], arrivals, began)
    threads = [producer, *(threading.Thread(target=work, args=(law,)) for law in laws)]
    load = []
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        load.append(os.getloadavg()[0])
        time.sleep(5)
    if failures or producer.failed:
        raise RuntimeError("\n".join([*failures, f"{producer.failed} records not written"]))
    (folder / f"{name}.json").write_text(json.dumps({
        "workload": name, "arrivals": arrivals, "date": datetime.date.today().isoformat(), "cpus": os.cpu_count(),
        "load": [sum(load) / len(load), max(load)], "samples": samples}))
    for law, stage in stages.items():
        (folder / f"{name}-{law}-explain.json").write_text(stage.explain())
    for stage in stages.values():
        stage.delete()


def run(wanted, binary, trace):
    import stage

    folder = pathlib.Path(wanted.folder)
    folder.mkdir(parents=True, exist_ok=True)
    stage.prepare()
    api = stage.Api()
    try:
        for name in wanted.workloads.split(","):
            arrivals = workloads.make(name, trace, wanted.short)
            print(f"{name}: {len(arrivals)} s, {sum(arrivals):,} records", flush=True)
            one_workload(name, arrivals, wanted.laws.split(","), binary, api, folder)
    finally:
        api.close()


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("what", choices=["run", "report"])
    arguments.add_argument("folder")
    arguments.add_argument("--workloads", default="step,wave")
    arguments.add_argument("--laws", default="Tidegate,KEDA")
    arguments.add_argument("--short", action="store_true")
    arguments.add_argument("--record")
    wanted = arguments.parse_args()
    binary = os.environ["AUTOSCALE"]
    if wanted.what == "run":
        os.nice(-10)  # what measures must not wait for what it measures
        trace = pathlib.Path(os.environ["TRACES"], "bikes-autumn.csv").read_text().split()
        run(wanted, binary, [float(value) for value in trace])
    else:
        report.write(pathlib.Path(wanted.folder), binary, wanted.record)


if __name__ == "__main__":
    main()
