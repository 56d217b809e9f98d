"""Share of the examples predicted positive that are."""

from slipway.metrics.metric import BINARY, Direction, Metric

ENTRY = Metric(
    name="precision",
    problems=(BINARY,),
    direction=Direction.HIGHER_IS_BETTER,
    needs=("true_positives", "predicted_positives"),
    derive=lambda sums: sums["true_positives"] / sums["predicted_positives"],
    low=0.0,
    high=1.0,
    order=40,
    by_slice=True,
    tfma="Precision",
)
