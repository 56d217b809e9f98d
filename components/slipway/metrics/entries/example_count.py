"""The number of examples, weighted."""

from slipway.metrics.metric import EVERY_PROBLEM, Direction, Metric

ENTRY = Metric(
    name="example_count",
    problems=EVERY_PROBLEM,
    direction=Direction.NONE,
    needs=("count",),
    derive=lambda sums: sums["count"],
    low=0.0,
    order=0,
    interval=False,
    tfma="ExampleCount",
)
