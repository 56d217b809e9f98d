"""Mean precision over the classes; every class that occurs or is predicted counts alike."""

from slipway.metrics.class_averages import class_precision, macro_average
from slipway.metrics.metric import MULTICLASS, Direction, Metric

ENTRY = Metric(
    name="macro_precision",
    problems=(MULTICLASS,),
    direction=Direction.HIGHER_IS_BETTER,
    needs=("class_hits", "class_predictions", "class_labels"),
    derive=lambda sums: macro_average(class_precision(sums), sums),
    low=0.0,
    high=1.0,
    order=40,
)
