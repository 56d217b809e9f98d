"""Share of the positive examples that are predicted so: the true positive rate."""

from slipway.metrics.metric import BINARY, Direction, Metric

ENTRY = Metric(
    name="recall",
    problems=(BINARY,),
    direction=Direction.HIGHER_IS_BETTER,
    needs=("true_positives", "positives"),
    derive=lambda sums: sums["true_positives"] / sums["positives"],
    low=0.0,
    high=1.0,
    order=41,
    by_slice=True,
    fairness=True,
    tfma="Recall",
)
