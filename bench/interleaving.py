"""Who is timed after whom: orders that favour no contender, and the loop that times by them. Needs no GPU and no PyTorch.

What ran before a burst leaves the chip warm or cool, its clocks low or recovered, its caches full of other tensors. A contender that always
follows the same other one carries that over into its own time. So the orders are Williams designs (E. J. Williams, Aust. J. Sci. Res. A 2,
1949, 149-168), balanced for first-order carry-over: within the rounds of a design each contender follows each other one equally often.
"""
import math


def williams_design(count):
    """Orders of range(count) in which each follows each other one equally often: once in the `count` orders of an even number, twice in the
    2 * `count` of an odd one. Each comes first, second, ... equally often, too."""
    zigzag = [0]  # 0, 1, -1, 2, -2, ...: each distance between neighbours once
    for number in range(1, count):
        zigzag.append((number + 1) // 2 if number % 2 else count - number // 2)
    orders = [[(place + shift) % count for place in zigzag] for shift in range(count)]
    if count % 2 and count > 1:
        orders += [order[::-1] for order in orders]
    return orders


def balanced_orders(labels, rounds):
    """At least `rounds` orders of `labels`: whole designs, as many as it takes. The same in every run."""
    labels = list(labels)
    design = williams_design(len(labels)) if labels else []
    repeats = math.ceil(rounds / len(design)) if design else 0
    return [[labels[place] for place in order] for order in design * repeats]


def time_all(timer, functions, rounds, burst_ms):
    """{label: {"ms": a burst's milliseconds per call for each round, "launches", "graph"}}, all interleaved.

    Every round runs each contender once, in the orders of balanced_orders(functions, rounds). Between rounds, the first contender's burst also
    runs untimed: it follows itself, and so does each contender in its turn, whatever the round before ended with.
    """
    bursts, results = {}, {}
    for label, function in functions.items():
        launches = max(1, min(100, math.ceil(burst_ms / max(timer.estimate(function), 1e-3))))
        burst, is_graph = timer.capture(function, launches)
        bursts[label] = burst
        results[label] = {"ms": [], "launches": launches, "graph": is_graph}

    def run(label):
        functions[label]()  # the burst does not pay for what ran before
        timer.synchronize()
        return timer.measure(bursts[label], 1) / results[label]["launches"]

    for label in functions:  # warms the clocks
        run(label)
    for order in balanced_orders(functions, rounds):
        run(order[0])
        for label in order:
            results[label]["ms"].append(run(label))
    return results
