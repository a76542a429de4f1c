"""How fast the course's tools are: ratios against peers, measured in one run.

`python -m benchmarks` runs every topic, `python -m benchmarks wire` one. The
figures of two machines do not compare, and those of two runs hardly; so a
target is a ratio, and both sides of it take turns.
"""
