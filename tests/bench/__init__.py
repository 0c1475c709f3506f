"""The benchmarks of the design's section on performance; `python -m tests.bench full|small` runs them."""
