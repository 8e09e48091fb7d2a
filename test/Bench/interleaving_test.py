#!/usr/bin/env python3
"""bench/interleaving.py: no contender may gain from whom it follows."""
import collections
import itertools
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "bench"))
from interleaving import balanced_orders, time_all, williams_design  # noqa: E402


def carry_over(sequences):
    """How often each pair (before, after) occurs."""
    return collections.Counter(pair for sequence in sequences for pair in itertools.pairwise(sequence))


class RecordingTimer:
    """Notes the labels of the bursts as they are measured."""

    def __init__(self):
        self.measured = []

    def synchronize(self):
        pass

    def estimate(self, function):
        return 4.0

    def capture(self, function, launches):
        return function.label, True

    def measure(self, burst, launches):
        self.measured.append(burst)
        return 8.0


def contenders(count):
    def contender(label):
        def run():
            pass

        run.label = label
        return run

    return {f"c{number}": contender(f"c{number}") for number in range(count)}


class Designs(unittest.TestCase):
    def test_carry_over_and_places_are_balanced(self):
        for count in range(2, 8):
            design = williams_design(count)
            each = 1 if count % 2 == 0 else 2
            self.assertEqual(len(design), each * count)
            for order in design:
                self.assertEqual(sorted(order), list(range(count)))
            self.assertEqual(carry_over(design), {pair: each for pair in itertools.permutations(range(count), 2)})
            for place in zip(*design):
                self.assertEqual(collections.Counter(place), {label: each for label in range(count)})

    def test_rounds_are_whole_designs(self):
        for count, asked, given in [(1, 3, 3), (2, 11, 12), (3, 10, 12), (4, 10, 12), (4, 12, 12), (5, 10, 10), (5, 11, 20)]:
            orders = balanced_orders(contenders(count), asked)
            self.assertEqual(len(orders), given, (count, asked))
            self.assertEqual(orders, balanced_orders(contenders(count), asked))
        self.assertEqual(balanced_orders([], 10), [])

    def test_a_rotation_is_not_balanced(self):
        rotation = [[(place + shift) % 4 for place in range(4)] for shift in range(4)]
        self.assertLess(len(carry_over(rotation)), len(carry_over(williams_design(4))))


class Timing(unittest.TestCase):
    def test_each_follows_each_and_itself_equally_often(self):
        for count in range(1, 8):
            timer, functions = RecordingTimer(), contenders(count)
            results = time_all(timer, functions, 10, 8.0)
            orders = balanced_orders(functions, 10)
            # Without the warm-up, as it ran: an untimed burst of the first, then the round.
            ran = timer.measured[count:]
            rounds = [ran[start : start + count + 1] for start in range(0, len(ran), count + 1)]
            self.assertEqual(rounds, [[order[0]] + order for order in orders])
            pairs = carry_over(rounds)
            self.assertEqual(len({number for (a, b), number in pairs.items() if a != b}), 1 if count > 1 else 0)
            self.assertEqual(len({pairs[label, label] for label in functions}), 1)
            for result in results.values():
                self.assertEqual(result, {"ms": [4.0] * len(orders), "launches": 2, "graph": True})


if __name__ == "__main__":
    unittest.main()
