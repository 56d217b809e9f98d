"""Share of the label's variance that predictions explain: 1 minus squared errors by squared deviations."""

from slipway.metrics.metric import REGRESSION, Direction, Metric

ENTRY = Metric(
    name="r2",
    problems=(REGRESSION,),
    direction=Direction.HIGHER_IS_BETTER,
    needs=("squared_errors", "label_deviations"),
    derive=lambda sums: 1 - sums["squared_errors"] / sums["label_deviations"],
    high=1.0,
    order=32,
    headline=True,
    by_slice=True,
)
