"""The benchmark: this kit beside what people would pick instead, on the same features and the same implementation.

    python -m tests.bench              everything: the table, how cost grows, the goals, report/bench/bench.{json,svg}
    python -m tests.bench --rounds 3   fewer rounds
    python -m tests.bench.growth       how cost grows, alone

What is compared are ratios within one run, each contender's turn beside the others': absolute times are the machine's.
"""
