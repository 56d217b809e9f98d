"""Mean prediction divided by mean label; 1 is calibrated in the large."""

from slipway.metrics.metric import BINARY, Direction, Metric

ENTRY = Metric(
    name="calibration",
    problems=(BINARY,),
    direction=Direction.NONE,
    needs=("predictions", "labels"),
    derive=lambda sums: sums["predictions"] / sums["labels"],
    low=0.0,
    order=62,
    by_slice=True,
    tfma="Calibration",
)
