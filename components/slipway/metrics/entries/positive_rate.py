"""Share of the examples that are predicted positive: the selection rate."""

from slipway.metrics.metric import BINARY, Direction, Metric

ENTRY = Metric(
    name="positive_rate",
    problems=(BINARY,),
    direction=Direction.NONE,
    needs=("predicted_positives", "count"),
    derive=lambda sums: sums["predicted_positives"] / sums["count"],
    low=0.0,
    high=1.0,
    order=50,
    by_slice=True,
    fairness=True,
    tfma="PredictedPositiveRate",
)
