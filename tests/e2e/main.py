#!/usr/bin/env python3
"""Runs the files of cases/: each function test_* is one test, each file has one namespace of its own.

Files without EXCLUSIVE = True run four at a time; the others, which disturb the whole cluster, one after the other.
A test that fails ends its file: the later ones build on it.
"""
import concurrent.futures
import importlib.util
import pathlib
import sys
import threading
import time
import traceback

import cluster

HERE = pathlib.Path(__file__).resolve().parent
LONGEST = ("alerts", "asleep", "autoscaling", "outages", "three_nodes")
printing = threading.Lock()


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def say(*lines):
    with printing:
        print(*lines, sep="\n", flush=True)


def run_file(module):
    """(passed, failed). Tests that were not reached count as failed."""
    name = module.__name__.replace("_", "-")
    tests = [f for f in vars(module).values() if callable(f) and getattr(f, "__name__", "").startswith("test_")]
    passed = 0
    space = cluster.Namespace("e2e-" + name)
    for test in tests:
        began = time.monotonic()
        title = f"{name}: {test.__name__.removeprefix('test_').replace('_', ' ')}"
        try:
            if passed == 0:
                space.create()
            note = test(space)
        except Exception as error:
            reason = str(error).partition("\n")[0]
            say(f"FAIL {title} ({time.monotonic() - began:.0f} s): {reason}", traceback.format_exc(limit=4), space.describe())
            for missed in tests[passed + 1:]:
                say(f"FAIL {name}: {missed.__name__.removeprefix('test_').replace('_', ' ')} (not reached)")
            return passed, len(tests) - passed
        passed += 1
        say(f"ok   {title} ({time.monotonic() - began:.0f} s)" + (f": {note}" if note else ""))
    space.delete()
    return passed, 0


def main():
    wanted = sys.argv[1:]
    modules = [load(path) for path in sorted((HERE / "cases").glob("*.py")) if not wanted or path.stem in wanted]
    if len(modules) < len(wanted):
        sys.exit(f"no such case: {set(wanted) - {m.__name__ for m in modules}}")
    began = time.monotonic()
    cluster.shared_services()
    side_by_side = [m for m in modules if not getattr(m, "EXCLUSIVE", False)]
    side_by_side.sort(key=lambda m: m.__name__ not in LONGEST)  # else the last one runs alone at the end
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        results = list(pool.map(run_file, side_by_side))
    results += [run_file(m) for m in modules if m not in side_by_side]
    print(f"{time.monotonic() - began:.0f} s")
    passed, failed = (sum(column) for column in zip(*results))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
