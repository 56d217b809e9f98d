"""The plan: everything that was inferred and fitted, and all that the graph is built from."""

from dataclasses import dataclass

from slipway.contracts.examples import Label
from slipway.features.encoding import FeaturePlan


@dataclass(frozen=True, slots=True, kw_only=True)
class ExcludedColumn:
    """A column that is no feature, and why."""

    name: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TransformPlan:
    """The whole preprocessing.

    Attributes:
        label: what is predicted.
        label_why: what decided the problem.
        class_counts: training rows of each class, in the order of ``label.classes``.
        features: in the order of the table.
        excluded: likewise.
        train_rows: rows that everything was fitted on.
    """

    label: Label
    label_why: str
    features: tuple[FeaturePlan, ...]
    excluded: tuple[ExcludedColumn, ...]
    train_rows: int
    class_counts: tuple[int, ...] = ()
