"""The benchmark: this kit and its alternatives, on the same features and the same implementation.

    python -m tests.bench              everything: the table, growth, the goals, report/bench/bench.{json,svg}
    python -m tests.bench --rounds 3   fewer rounds
    python -m tests.bench.growth       only growth

It compares ratios within one run, in which the contenders take turns, because absolute times depend on the machine.
"""
