"""Harmonic mean of precision and recall."""

from slipway.metrics.metric import BINARY, Direction, Metric

ENTRY = Metric(
    name="f1",
    problems=(BINARY,),
    direction=Direction.HIGHER_IS_BETTER,
    needs=("true_positives", "predicted_positives", "positives"),
    derive=lambda sums: 2 * sums["true_positives"] / (sums["predicted_positives"] + sums["positives"]),
    low=0.0,
    high=1.0,
    order=42,
    tfma="F1Score",
)
