"""Turns the fetched tables into records, one JSON object a line in event-time order. usage: make.py FOLDER

Fails when a table is not the one that the tests and the documentation count on.
"""

import sys

import duckdb

ISO = "%Y-%m-%dT%H:%M:%SZ"
folder = sys.argv[1]
db = duckdb.connect()
db.execute("SET threads = 1; SET TimeZone = 'UTC'")


def expect(what, query, wanted):
    found = db.execute(query).fetchone()[0]
    if found != wanted:
        sys.exit(f"make.py: {what}: {found} instead of {wanted}")


def write(query, file):
    db.execute(f"COPY ({query}) TO '{folder}/{file}' (FORMAT json)")


db.execute(f"CREATE VIEW flights AS FROM read_csv('{folder}/flights.csv', nullstr = 'NA', types = {{'time_hour': 'TIMESTAMP'}})")
expect("departures", "SELECT count(*) FROM flights", 336776)
expect("departures of distinct key", "SELECT count(DISTINCT (time_hour, carrier, flight)) FROM flights", 336776)
expect("cancelled departures", "SELECT count(*) FROM flights WHERE dep_time IS NULL", 8255)
write(f"SELECT * REPLACE (strftime(time_hour, '{ISO}') AS time_hour) FROM flights ORDER BY flights.time_hour, carrier, flight",
      "flights.ndjson")

db.execute(f"CREATE VIEW payments AS FROM read_csv('{folder}/fraud_transactions.csv.gz', types = {{'datetime': 'TIMESTAMP', 'expiration_date': 'VARCHAR'}})")
expect("payments", "SELECT count(*) FROM payments", 99992)
expect("payments of distinct id", "SELECT count(DISTINCT id) FROM payments", 99992)
expect("payments of 90000 and above", "SELECT count(*) FROM payments WHERE amount >= 90000", 10134)
write(f"SELECT * REPLACE (strftime(datetime, '{ISO}') AS datetime) FROM payments ORDER BY payments.datetime, id", "payments.ndjson")
