"""What a real run is judged by: ages, violation and cost from samples, the lag that KEDA sees, the arrivals."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "bench/autoscale/real"))

import figures  # noqa: E402
import keda  # noqa: E402
import workloads  # noqa: E402
from figures import Sample  # noqa: E402


def sample(at, end, position, asked=1, holder=0, commit=0.0):
    return Sample(at, [end], [position], [holder], [commit], asked, asked)


class Figures(unittest.TestCase):
    def test_a_record_is_as_old_as_the_log_end_that_passed_it(self):
        samples = [sample(0, 0, 0), sample(1, 100, 0), sample(2, 200, 0), sample(3, 300, 150), sample(4, 300, 300)]
        self.assertEqual(figures.ages(samples), [0, 1, 2, 1.5, 0])

    def test_a_standstill_of_the_arrivals_counts_for_those_that_wait(self):
        samples = [sample(0, 0, 0), sample(1, 10, 0), sample(2, 10, 0), sample(3, 20, 10)]
        self.assertEqual(figures.ages(samples), [0, 1, 2, 1])

    def test_arrivals_are_what_reached_the_log_in_each_second(self):
        samples = [sample(0, 0, 0), sample(1.5, 30, 0), sample(1.9, 30, 0), sample(3.9, 50, 50)]
        self.assertEqual(figures.arrivals(samples, 4), [20, 11, 10, 9])

    def test_arrivals_are_as_late_as_the_latest_of_them(self):
        self.assertEqual(figures.lateness([10, 10, 10], [10, 10, 10]), 0)
        self.assertEqual(figures.lateness([10, 10, 10, 10], [10, 0, 5, 25]), 1.5)

    def test_violation_and_cost_are_weighed_by_time(self):
        samples = [sample(t / 2, t, 0, asked=1 if t < 14 else 3) for t in range(21)]
        found = figures.outcome(samples)  # the first record arrived at 0, so that it is late after 5 s
        self.assertEqual((found["violation"], found["cost"], found["rescales"]), (5, 7 * 1 + 3 * 3, 1))
        self.assertEqual(found["max age"], 10)

    def test_a_rescale_lasts_until_the_new_replica_commits(self):
        samples = [sample(0, 0, 0, 1, 0, 0.0), sample(1, 9, 8, 2, 0, 0.9), sample(2, 9, 8, 2, 0, 1.8),
                   sample(5, 9, 9, 2, 1, 4.5), sample(6, 9, 9, 1, 1, 5.5), sample(7, 9, 9, 1, 0, 6.5)]
        up, down = figures.rescales(samples)
        self.assertEqual((up.at, up.before, up.after, up.start_up), (1, 1, 2, [3.5]))
        self.assertAlmostEqual(up.pauses[0], 4.5 - 1.8 - figures.ORDINARY)
        self.assertEqual((down.before, down.after, down.start_up), (2, 1, []))
        self.assertAlmostEqual(down.pauses[0], 6.5 - 5.5 - figures.ORDINARY)

    def test_a_step_is_decided_and_recovered_from(self):
        positions = [10 * min(t, 12) if t < 30 else 10 * t for t in range(40)]
        samples = [sample(t, 10 * t, at, asked=1 if t < 14 else 4) for t, at in enumerate(positions)]
        found = figures.step_figures(samples, 10, 40)
        self.assertEqual(found, {"decision": 4, "recovery": 19})

    def test_no_law_recovers_before_what_waits_is_worked_off(self):
        # After 10 s 9,000 wait, 4,000 more than the objective allows; then 1,000 a second less.
        self.assertEqual(figures.least_recovery(1000, 100, 20, 10), 14)
        self.assertEqual(figures.least_recovery(1000, 100, 20, 2), 0)

    def test_the_bar_is_a_share_or_a_number_whichever_is_more(self):
        self.assertTrue(figures.within(100, 115, 5))
        self.assertFalse(figures.within(100, 116, 5))
        self.assertTrue(figures.within(3, 8, 5))


class Lag(unittest.TestCase):
    def test_positions_count_when_a_consumer_by_default_would_have_committed_them(self):
        commits = keda.CommittedLag()
        for at in range(0, 8):
            commits.look(at, [100 * at] * workloads.PARTITIONS)
        for p, due in ((0, 5), (9, 6.875), (18, 3.75)):  # between two looks, too
            self.assertAlmostEqual(commits.committed[p][1], 100 * due)
        self.assertEqual(commits.lag([900] * workloads.PARTITIONS), sum(900 - at for _, at in commits.committed.values()))


class Arrivals(unittest.TestCase):
    def test_a_step_is_ten_times_the_base(self):
        self.assertEqual(workloads.step(2, 1, 1), [150, 150, 1500, 150])
        self.assertEqual(workloads.HIGH, 10 * workloads.LOW)

    def test_a_wave_keeps_its_shape_and_length(self):
        trace = [float(i) for i in range(workloads.DAY)] + [5000.0] * workloads.DAY
        wave = workloads.wave(trace, 601)
        self.assertEqual((len(wave), wave[0], wave[300], wave[-1]), (601, 0, workloads.HIGH // 2, workloads.HIGH))


if __name__ == "__main__":
    unittest.main()
