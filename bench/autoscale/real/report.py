"""What was seen beside what the simulator says of the same arrivals."""
import csv
import json
import pathlib
import subprocess

import figures
from figures import Sample, mean, within
from workloads import CAPACITY, HIGH, MOST, PARTITIONS

BEGIN, END = "<!-- real run -->\n", "<!-- end of real run -->\n"
FIGURES = [("violation", "violation s", 5), ("cost", "replica-seconds", 5), ("rescales", "rescalings", 1)]
OTHERS = [("max age", "max age s"), ("p99 age", "p99 age s")]
CONTENDERS = {"Tidegate": "Tidegate", "KEDA": "KEDA tuned"}


def replay(binary, arrivals, law, start_up, pause, stem):
    """The simulator's figures for a series of arrivals; its files begin with `stem`."""
    series, seconds = (stem.with_name(f"{stem.name}-{law}-{what}.csv") for what in ("arrivals", "simulated"))
    series.write_text("".join(f"{count}\n" for count in arrivals))
    options = {"--capacity": CAPACITY, "--partitions": PARTITIONS, "--max": MOST, "--start": 1, "--start-up": start_up,
               "--pause": pause, "--only": CONTENDERS[law], "--out": seconds}
    words = [str(word) for pair in options.items() for word in pair]
    said = subprocess.run([binary, "replay", series, *words], check=True, capture_output=True, text=True).stdout
    violation, cost, _, rescales, _ = said.splitlines()[-1].split()[-5:]
    ages = sorted(float(row["age"]) for row in csv.DictReader(seconds.open()))
    return {"violation": float(violation), "cost": float(cost), "rescales": int(rescales), "max age": ages[-1],
            "p99 age": ages[(len(ages) - 1) * 99 // 100]}


def look(path, binary):
    """One workload: for each law what was real, what is simulated, and the rescalings."""
    run = json.loads(path.read_text())
    out = {}
    for law, samples in run["samples"].items():
        samples = [Sample(*s) for s in samples]
        rescales = figures.rescales(samples)
        start_up = mean([s for r in rescales for s in r.start_up], 10)
        pause = mean([s for r in rescales for s in r.pauses], 1)
        logged = figures.arrivals(samples, len(run["arrivals"]))
        simulated = replay(binary, logged, law, round(start_up), round(pause), path.with_suffix(""))
        out[law] = {"real": figures.outcome(samples), "simulated": simulated, "rescales": rescales,
                    "start_up": start_up, "pause": pause, "late": figures.lateness(run["arrivals"], logged)}
        if run["workload"] == "step":
            up = run["arrivals"].index(HIGH)
            out[law]["step"] = figures.step_figures(samples, up, up + run["arrivals"].count(HIGH))
    return run, out


def number(value):
    return f"{value:.0f}" if abs(value) >= 20 or value == round(value) else f"{value:.1f}"


def rows(workload, laws):
    for law, seen in laws.items():
        for key, title, least in FIGURES:
            real, simulated = seen["real"][key], seen["simulated"][key]
            verdict = "yes" if within(real, simulated, least) else "**no**"
            share = f" ({100 * (simulated - real) / real:+.0f} %)" if real else ""
            yield row(workload, law, title, number(real), number(simulated), number(simulated - real) + share, verdict)
        for key, title in OTHERS:
            yield row(workload, law, title, number(seen["real"][key]), number(seen["simulated"][key]), "", "")


def rescale_rows(workload, laws):
    for law, seen in laws.items():
        for r in seen["rescales"]:
            start_up = f"{mean(r.start_up):.1f} / {max(r.start_up):.1f}" if r.start_up else ""
            pauses = f"{mean(r.pauses):.1f} / {max(r.pauses):.1f}" if r.pauses else ""
            yield row(workload, law, f"{r.at:.0f}", f"{r.before} → {r.after}", start_up, str(len(r.pauses)), pauses)


def row(*cells):
    return "| " + " | ".join(cells) + " |"


def table(head, lines):
    return [row(*head), row(*["---"] * len(head)), *lines, ""]


def said_of_step(law, seen):
    decision, start_up = seen["step"]["decision"], seen["start_up"]
    said = (f"- {law}: asked for more replicas {'never' if decision is None else f'{decision:.1f} s'} after the step; last second in "
            f"violation {seen['step']['recovery']:.0f} s after it; mean start-up {start_up:.1f} s.")
    if decision is None:
        return said
    at_once, then = (figures.least_recovery(HIGH, CAPACITY, MOST, asked + start_up) for asked in (0, decision))
    return (f"{said} With all {MOST} replicas and that start-up it is {at_once:.0f} s at best if asked in the same moment, {then:.0f} s if asked "
            "then.")


def text(runs):
    first = runs[0][0]
    load = ", ".join(f"{run['load'][0]:.1f} (at most {run['load'][1]:.1f}) during {run['workload']}" for run, _ in runs)
    late = max(seen["late"] for _, laws in runs for seen in laws.values())
    lines = [f"{first['date']}, {first['cpus']} CPUs; load average {load}. Records reached Kafka at most {late:.1f} s later than they should have.",
             ""]
    for run, laws in runs:
        lines += [said_of_step(law, seen) for law, seen in laws.items() if "step" in seen]
    lines.append("")
    lines += table(["workload", "law", "figure", "real", "simulated", "difference", "within the bar"],
                   [line for run, laws in runs for line in rows(run["workload"], laws)])
    lines += ["Each rescaling: seconds from the request to a new replica's first commit, and for which a partition that moved",
              "was not committed.", ""]
    lines += table(["workload", "law", "at s", "replicas", "start-up s, mean / longest", "partitions moved",
                    "pause s, mean / longest"],
                   [line for run, laws in runs for line in rescale_rows(run["workload"], laws)])
    return "\n".join(lines)


def write(folder, binary, record):
    runs = [look(path, binary) for path in (folder / "step.json", folder / "wave.json") if path.exists()]
    result = text(runs)
    print(result)
    if record:
        page = pathlib.Path(record)
        before, rest = page.read_text().split(BEGIN)
        page.write_text(before + BEGIN + "\n" + result + "\n" + END + rest.split(END)[1])
