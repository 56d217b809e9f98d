"""Features that alone predict the label almost perfectly."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from slipway.checks.check import Check, Evidence, Scope
from slipway.contracts.examples import ColumnKind
from slipway.contracts.validations import Finding
from slipway.engines.engine import Fold


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelLeakage:
    """How well a feature alone may predict the label.

    Attributes:
        max_leakage: a feature that reaches this on rows it was not fitted on is suspected to hold the label: area under
            the ROC curve (mean over classes), or for a numeric label the R² of its rank.
        fail_on_leakage: refuse then, instead of a warning.
    """

    max_leakage: float = 0.99
    fail_on_leakage: bool = False
    position: ClassVar[int] = 40

    def folds(self, scope: Scope) -> Mapping[str, Fold]:
        """Return nothing: the statistics that every table gets are enough."""
        return {}

    def findings(self, evidence: Evidence, name: str) -> Iterator[Finding]:
        """Yield the features that are suspected to hold the label."""
        classes = evidence.kinds[evidence.label].kind is ColumnKind.CATEGORICAL
        measure = "area under the ROC curve" if classes else "R² of the label's rank"
        for column, score in evidence.leakage.items():
            if score >= self.max_leakage:
                yield Finding(
                    check=name,
                    message=f"column {column} alone predicts {evidence.label} ({measure} {score:.4f}); "
                    "it may hold the label",
                    refuses=self.fail_on_leakage,
                    columns=(column,),
                    value=score,
                    bound=self.max_leakage,
                )


ENTRY = LabelLeakage

if TYPE_CHECKING:
    _: Check = LabelLeakage()
