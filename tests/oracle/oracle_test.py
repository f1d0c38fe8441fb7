"""The comparison must find what is wrong, the batch must know what windows are, and the input must be what it says. Without Kafka."""
import datetime
import decimal
import json
import random
import unittest

import batch
import cases
import play
import records
from broker import murmur2, partition_of
from compare import compare, distinct

COLUMNS = [("card", "VARCHAR"), ("n", "BIGINT"), ("mean", "DOUBLE"), ("total", "DECIMAL(10,2)"), ("at", "TIMESTAMP")]
NOON = datetime.datetime(2026, 1, 1, 12)
ROWS = [("a", 1, 1.5, decimal.Decimal("2.50"), NOON), ("b", 2, None, None, NOON)]
TEXTS = ['{"card":"a","n":1,"mean":1.5,"total":2.50,"at":"2026-01-01T12:00:00Z"}', '{"card":"b","n":2,"mean":null,"total":null,"at":"2026-01-01T12:00:00Z"}']


def seen(*texts):
    return compare(COLUMNS, ROWS, texts)


class Comparison(unittest.TestCase):
    def test_equal_in_any_order(self):
        self.assertFalse(seen(*reversed(TEXTS)).wrong(repeats_allowed=False))

    def test_a_double_may_differ_in_its_last_digits_only(self):
        self.assertFalse(seen(TEXTS[0].replace("1.5,", "1.500000001,"), TEXTS[1]).wrong(False))
        self.assertTrue(seen(TEXTS[0].replace("1.5,", "1.50000001,"), TEXTS[1]).wrong(True))

    def test_everything_else_must_be_equal(self):
        for old, new in (('"n":1', '"n":2'), ('"n":1', '"n":"1"'), ('"n":1', '"n":true'), ("2.50", "2.51"), ("12:00:00Z", "12:00:00.000001Z"),
                         ('"a"', '"A"'), ("1.5,", "null,"), ("2.50", "null")):
            self.assertTrue(seen(TEXTS[0].replace(old, new), TEXTS[1]).wrong(True), (old, new))

    def test_a_wrong_expectation_is_found(self):
        wrong = [ROWS[0][:1] + (7,) + ROWS[0][2:], ROWS[1]]
        difference = compare(COLUMNS, wrong, TEXTS)
        self.assertEqual((len(difference.missing), len(difference.extra)), (1, 1))

    def test_what_is_missing_too_much_or_repeated(self):
        self.assertEqual(len(seen(TEXTS[0]).missing), 1)
        self.assertEqual(len(seen(*TEXTS, TEXTS[0].replace('"a"', '"c"')).extra), 1)
        again = seen(*TEXTS, TEXTS[0])
        self.assertEqual(again.repeats, 1)
        self.assertTrue(again.wrong(repeats_allowed=False))
        self.assertFalse(again.wrong(repeats_allowed=True))

    def test_rows_with_other_columns_are_no_rows(self):
        for text in ('{"card":"a"}', TEXTS[0].replace('"n"', '"m"'), TEXTS[0].replace("1.5,", '"1.5",')):
            with self.assertRaises(ValueError):
                seen(text)

    def test_rows_are_told_apart_by_their_exact_values(self):
        self.assertTrue(distinct(COLUMNS, ROWS))
        self.assertFalse(distinct(COLUMNS, ROWS + [ROWS[0][:2] + (9.0,) + ROWS[0][3:]]))


class Windows(unittest.TestCase):
    def windows(self, window, *seconds):
        tables = batch.Batch()
        tables.load("t", [{"name": "k", "type": "VARCHAR"}, {"name": "ts", "type": "TIMESTAMP"}],
                    [{"k": "a", "ts": records.text(NOON + datetime.timedelta(seconds=s))} for s in seconds])
        tables.query("SELECT window_start, window_end, count(*) AS n FROM t GROUP BY window_start, window_end", "t", "t", "out", window, "ts", ["k"])
        return sorted(((a - NOON).total_seconds(), (b - NOON).total_seconds(), n) for a, b, n in tables.rows("out"))

    def test_tumbling(self):
        self.assertEqual(self.windows({"tumbling": {"size": 10000}}, 0, 9.999999, 10, 31), [(0, 10, 2), (10, 20, 1), (30, 40, 1)])

    def test_hopping(self):
        self.assertEqual(self.windows({"hopping": {"size": 20000, "slide": 10000}}, 5, 10), [(-10, 10, 1), (0, 20, 2), (10, 30, 1)])

    def test_sessions_end_a_gap_after_their_last_record(self):
        self.assertEqual(self.windows({"session": {"gap": 5000, "maxDuration": 3600000}}, 1, 5.5, 10.5, 10.5), [(1, 10.5, 2), (10.5, 15.5, 2)])

    def test_sessions_are_cut(self):
        # 10:20 is cut at 12:00, at 13:00 and so on, with two hours (docs/windows.md), here in seconds.
        window = {"session": {"gap": 30000, "maxDuration": 120000}}
        self.assertEqual(self.windows(window, *range(20, 250, 10)), [(20, 120, 10), (120, 180, 6), (180, 240, 6), (240, 270, 1)])


class Cases(unittest.TestCase):
    def test_every_kind_of_window_has_cases_in_which_several_close(self):
        windows = [stage.window for case in cases.everything() for stage in case.stages if stage.window]
        self.assertGreaterEqual(len(windows), 40)
        span = play.RECORDS / records.PER_SECOND * 1000
        for kind in ("tumbling", "hopping", "session"):
            lengths = [w[kind].get("size", w[kind].get("gap")) for w in windows if kind in w]
            self.assertGreaterEqual(sum(3 * length < span for length in lengths), 5, kind)


class Input(unittest.TestCase):
    def test_keys_are_placed_as_java_does(self):
        # From org.apache.kafka.common.utils.UtilsTest.
        for text, hashed in ((b"21", -973932308), (b"foobar", -790332482), (b"a-little-bit-long-string", -985981536)):
            self.assertEqual(murmur2(text), hashed & 0xFFFFFFFF)

    def test_no_record_is_late(self):
        rng = random.Random(1)
        timed = records.payments(rng, 2000)
        newest, moved = 0, 0
        for seconds, _ in records.shuffled(rng, timed, records.MAX_OUT_OF_ORDER):
            moved += seconds < newest
            newest = max(newest, seconds)
            self.assertLess(newest - seconds, records.MAX_OUT_OF_ORDER)
        self.assertGreater(moved, 500)

    def test_each_partition_has_its_closing_record(self):
        case = next(case for case in cases.everything() if case.windowed and case.key == ["card"])
        for partition, key, value, _, _ in records.closing(records.LAST, case, records.BEGIN, 3):
            self.assertEqual(partition_of(key, 3), partition)
            self.assertEqual(json.loads(value)["card"], key)


if __name__ == "__main__":
    unittest.main()
