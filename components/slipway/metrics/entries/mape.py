"""Mean absolute error as a percentage of the label; undefined where a label is 0."""

from slipway.metrics.metric import REGRESSION, Direction, Metric

ENTRY = Metric(
    name="mape",
    problems=(REGRESSION,),
    direction=Direction.LOWER_IS_BETTER,
    needs=("relative_errors", "count"),
    derive=lambda sums: 100 * sums["relative_errors"] / sums["count"],
    statistics={"relative_errors": lambda truth, predictions: abs((predictions - truth) / truth)},
    low=0.0,
    order=33,
    tfma="MeanAbsolutePercentageError",
)
