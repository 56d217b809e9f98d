"""Share of the negative examples that are predicted positive."""

from slipway.metrics.metric import BINARY, Direction, Metric

ENTRY = Metric(
    name="false_positive_rate",
    problems=(BINARY,),
    direction=Direction.LOWER_IS_BETTER,
    needs=("predicted_positives", "true_positives", "count", "positives"),
    derive=lambda sums: (sums["predicted_positives"] - sums["true_positives"]) / (sums["count"] - sums["positives"]),
    low=0.0,
    high=1.0,
    order=44,
    by_slice=True,
    fairness=True,
    tfma="FallOut",
)
