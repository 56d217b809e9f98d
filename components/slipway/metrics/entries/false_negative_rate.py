"""Share of the positive examples that are predicted negative."""

from slipway.metrics.metric import BINARY, Direction, Metric

ENTRY = Metric(
    name="false_negative_rate",
    problems=(BINARY,),
    direction=Direction.LOWER_IS_BETTER,
    needs=("positives", "true_positives"),
    derive=lambda sums: (sums["positives"] - sums["true_positives"]) / sums["positives"],
    low=0.0,
    high=1.0,
    order=45,
    tfma="MissRate",
)
