"""What can be set for validate."""

from dataclasses import dataclass, field

from slipway.contracts.errors import InputError
from slipway.contracts.examples import ColumnKind
from slipway.contracts.plug_points import require_entry


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidateConfig:
    """Bounds the data must respect.

    Attributes:
        label: the column that is predicted.
        schema_uri: a ``.pbtxt`` file, a folder with ``schema.pbtxt``, or a pushed version's folder; empty infers the
            schema from the training split.
        previous_statistics_uri: a ``.pb`` file, a folder with ``train.pb`` or ``statistics/train.pb``, or a pushed
            version's folder; ``<destination>/<model_name>/latest`` takes the newest pushed version, and compares with
            nothing while there is none; empty compares with nothing.
        min_rows: fewest rows of the training split, at least 1.
        min_eval_rows: fewest rows of the eval and of the test split, at least 1.
        max_missing_fraction: largest share of rows without a value in any column of any split, in [0, 1].
        max_missing_fractions: the same for single columns, by name, in [0, 1].
        tolerated_fraction: share of rows of a split that may lack a value in a column that is always present in the
            training split, or hold a category that the training split does not have, before an inferred schema calls
            it an error, in [0, 1]. Fewer are a warning.
        max_categorical_drift: largest L-infinity distance between the shares of categories, in [0, 1].
        max_numeric_drift: largest Jensen-Shannon divergence (base 2) between histograms, in [0, 1].
        max_drift: replaces both for single columns, by name, in [0, 1].
        max_leakage: a feature that alone reaches this on unseen rows is suspected to hold the label, in (0.5, 1]:
            area under the ROC curve (mean over classes), or for a numeric label the R² of its rank.
        fail_on_leakage: refuse then, instead of a warning.
        max_duplicate_fraction: largest share of eval or test rows that also stand in the training split, in [0, 1];
            above it there is a warning.
        max_integer_categories: integers with at most this many distinct values, each in 20 rows on average, are
            categories, at least 0.
        kinds: the kind of single columns, by name, where the inferred one is wrong.
        warn_only: names of checks that never refuse.
        checks: settings of single checks that have no name of their own here, by the check's name and the setting's,
            such as ``{"label_shift": {"max_label_shift": 0.2}}``.
        engine: what computes the statistics: ``local``, or one that an installed package adds.
    """

    label: str
    schema_uri: str = ""
    previous_statistics_uri: str = ""
    min_rows: int = 50
    min_eval_rows: int = 5
    max_missing_fraction: float = 1.0
    max_missing_fractions: dict[str, float] = field(default_factory=dict)
    tolerated_fraction: float = 0.01
    max_categorical_drift: float = 0.1
    max_numeric_drift: float = 0.1
    max_drift: dict[str, float] = field(default_factory=dict)
    max_leakage: float = 0.99
    fail_on_leakage: bool = False
    max_duplicate_fraction: float = 0.05
    max_integer_categories: int = 2
    kinds: dict[str, ColumnKind] = field(default_factory=dict)
    warn_only: tuple[str, ...] = ()
    checks: dict[str, dict[str, float]] = field(default_factory=dict)
    engine: str = "local"

    def __post_init__(self) -> None:
        """Refuse bounds that cannot be met."""
        if not self.label:
            raise InputError("label is empty; it should name the column that is predicted")
        for name in ("min_rows", "min_eval_rows"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} must be at least 1, got {getattr(self, name)}")
        if self.max_integer_categories < 0:
            raise InputError(f"max_integer_categories must be at least 0, got {self.max_integer_categories}")
        if not 0.5 < self.max_leakage <= 1:
            raise InputError(f"max_leakage must lie in (0.5, 1], got {self.max_leakage}")
        for name, value in self._fractions():
            if not 0 <= value <= 1:
                raise InputError(f"{name} must lie in [0, 1], got {value}")
        for name in self.warn_only:
            require_entry("checks", name, "warn_only")
        for name in self.checks:
            require_entry("checks", name, "checks")
        require_entry("engines", self.engine, "engine")

    def drift_limit(self, column: str, *, categorical: bool) -> float:
        """Return the largest accepted distance of ``column``, before the allowance for small samples."""
        return self.max_drift.get(column, self.max_categorical_drift if categorical else self.max_numeric_drift)

    def named_columns(self) -> set[str]:
        """Return every column that these settings name."""
        return {self.label, *self.max_missing_fractions, *self.max_drift, *self.kinds}

    def _fractions(self) -> list[tuple[str, float]]:
        names = (
            "max_missing_fraction",
            "tolerated_fraction",
            "max_categorical_drift",
            "max_numeric_drift",
            "max_duplicate_fraction",
        )
        single = [(f"max_missing_fractions[{name!r}]", value) for name, value in self.max_missing_fractions.items()]
        single += [(f"max_drift[{name!r}]", value) for name, value in self.max_drift.items()]
        return [(name, getattr(self, name)) for name in names] + single
