"""Mean F1 over the classes; classes count by their examples."""

from slipway.metrics.class_averages import class_f1, weighted_average
from slipway.metrics.metric import MULTICLASS, Direction, Metric

ENTRY = Metric(
    name="weighted_f1",
    problems=(MULTICLASS,),
    direction=Direction.HIGHER_IS_BETTER,
    needs=("class_hits", "class_predictions", "class_labels"),
    derive=lambda sums: weighted_average(class_f1(sums), sums),
    low=0.0,
    high=1.0,
    order=52,
)
