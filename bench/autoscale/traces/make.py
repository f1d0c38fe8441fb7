"""Turns tables into arrival series of one figure a second; usage: make.py TARGET FLIGHTS BIKES PAGEVIEWS TWEETS"""

import csv
import math
import pathlib
import sys
from collections import Counter


def rows(path):
    with open(path, newline="") as file:
        yield from csv.DictReader(file)


def stretched(samples, seconds):
    """Straight lines from sample to sample, each `seconds` long."""
    for here, there in zip(samples, samples[1:] + samples[-1:]):
        for i in range(seconds):
            yield here + (there - here) * i / seconds


def departures(path, month, first_day, days):
    """Real (not scheduled) departures per ten minutes."""
    counts = Counter()
    for row in rows(path):
        if row["dep_time"] in ("", "NA") or int(row["month"]) != month:
            continue
        at = int(row["dep_time"])
        counts[(int(row["day"]) - first_day) * 144 + (at // 100 * 60 + at % 100) // 10] += 1
    return [counts[i] for i in range(days * 144)]


def rentals(path, first_day, days):
    """Rentals per hour; an hour without a row had none."""
    counts = {row["ts"]: float(row["count"]) for row in rows(path)}
    start = sorted(ts for ts in counts if ts.startswith(first_day))[0]
    keys = sorted(counts)
    return [counts[key] for key in keys[keys.index(start) :][: days * 24]]


def main():
    target, flights, bikes, pageviews, tweets = map(pathlib.Path, sys.argv[1:])
    series = {
        "flights-winter": stretched(departures(flights, 1, 7, 10), 6),
        "flights-summer": stretched(departures(flights, 7, 8, 10), 6),
        "bikes-spring": stretched(rentals(bikes, "2012-04-12", 5), 60),
        "bikes-autumn": stretched(rentals(bikes, "2015-10-08", 5), 60),
        "pageviews": stretched([math.exp(float(row["y"])) for row in rows(pageviews)][-1000:], 10),
        "tweets": [float(row["count"]) for row in rows(tweets)],
    }
    for name, values in series.items():
        (target / f"{name}.csv").write_text("".join(f"{value:.6g}\n" for value in values))


main()
