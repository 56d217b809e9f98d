"""What a model reads and predicts: raw features, the label, and the transformed examples."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from slipway.contracts.documents import read_document

MISSING_TIMESTAMP = -(2**63)
"""The int64 that stands for a missing timestamp in a serving request."""


class FeatureKind(StrEnum):
    """How a raw column enters the serving graph.

    NUMERIC: float32, NaN when missing. CATEGORICAL: string, empty when missing; integers and booleans in decimal and
    as ``true``/``false``. TIMESTAMP: int64 seconds since 1970 UTC, MISSING_TIMESTAMP when missing.
    """

    NUMERIC = "numeric"
    CATEGORICAL = "categorical"
    TIMESTAMP = "timestamp"


class ColumnKind(StrEnum):
    """What a column is good for, written as a tag of the schema's feature.

    The first three are feature kinds. IDENTIFIER names rows, FREE_TEXT is prose or bytes, CONSTANT has one value: they
    do not become features.
    """

    NUMERIC = "numeric"
    CATEGORICAL = "categorical"
    TIMESTAMP = "timestamp"
    IDENTIFIER = "identifier"
    FREE_TEXT = "free_text"
    CONSTANT = "constant"


class Problem(StrEnum):
    """What is predicted."""

    BINARY = "binary"
    MULTICLASS = "multiclass"
    REGRESSION = "regression"


@dataclass(frozen=True, slots=True, kw_only=True)
class RawFeature:
    """A column as it comes from the table and as a serving request sends it: shape (batch,), dtype by ``kind``."""

    name: str
    kind: FeatureKind


def input_names(features: Sequence[RawFeature]) -> dict[str, str]:
    """Return the input of ``serving_default`` that carries each feature, by the feature's name.

    TensorFlow takes ASCII letters, digits and ``_`` after a first letter, and tells names apart without regard to
    case. Each other character becomes ``_``, a wrong start gets ``x`` before it, and a double a number behind it; any
    other name is kept.
    """
    names: dict[str, str] = {}
    taken: set[str] = set()
    for feature in features:
        name = stem = re.sub(r"^(?![A-Za-z])", "x", re.sub(r"[^A-Za-z0-9_]", "_", feature.name))
        number = 1
        while name.lower() in taken:
            number += 1
            name = f"{stem}_{number}"
        taken.add(name.lower())
        names[feature.name] = name
    return names


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """The column that is predicted.

    Attributes:
        classes: class names as strings, in the order of class ids; for a binary problem the second is the positive
            one; empty for regression.
        mean: of the training labels, for regression; the network learns (label - mean) / standard_deviation.
        standard_deviation: of the training labels, above 0, for regression.
    """

    name: str
    problem: Problem
    classes: tuple[str, ...] = ()
    mean: float = 0.0
    standard_deviation: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class IdColumn:
    """A categorical feature too wide for one-hot encoding; its ids lie in [0, size)."""

    name: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorInput:
    """An input of a network.

    Attributes:
        name: what the tensor is called in files, networks and signatures.
        dtype: ``float32`` for numbers, ``int32`` for ids.
        columns: meaning of each of its elements, at least one.
        sizes: how many ids each element may have; empty for numbers.
    """

    name: str
    dtype: str
    columns: tuple[str, ...]
    sizes: tuple[int, ...] = ()

    @property
    def width(self) -> int:
        """Elements of an example: the tensor has shape (batch, width)."""
        return len(self.columns)

    @property
    def holds_ids(self) -> bool:
        """Whether its elements are ids to be embedded, not numbers."""
        return bool(self.sizes)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleSpec:
    """The form of transformed examples.

    Attributes:
        features: what a serving request sends, in the order of the table.
        label: what is predicted.
        dense: name of each element of the ``dense`` vector, such as ``age``, ``age_missing``, ``sex=Male``.
        ids: meaning of each element of the ``ids`` vector; may be empty.
    """

    features: tuple[RawFeature, ...]
    label: Label
    dense: tuple[str, ...]
    ids: tuple[IdColumn, ...] = ()

    @property
    def inputs(self) -> tuple[TensorInput, ...]:
        """The tensors that an example consists of, beside its label; those without elements are left out."""
        names, sizes = tuple(column.name for column in self.ids), tuple(column.size for column in self.ids)
        whole = (
            TensorInput(name="dense", dtype="float32", columns=self.dense),
            TensorInput(name="ids", dtype="int32", columns=names, sizes=sizes),
        )
        return tuple(each for each in whole if each.columns)


@dataclass(frozen=True, slots=True)
class TransformFolder:
    """A fitted preprocessing.

    root/
    ├── saved_model/      tf.Module with ``transform(raw features) -> {"dense": float32 (n, d), "ids": int32 (n, k)}``
    ├── spec.json         an ExampleSpec
    └── plan.json         what was inferred and fitted for each column, for people and for reports
    """

    root: Path

    @property
    def saved_model(self) -> Path:
        """Where the graph lies."""
        return self.root / "saved_model"

    @property
    def spec_path(self) -> Path:
        """Where the ExampleSpec lies."""
        return self.root / "spec.json"

    @property
    def plan_path(self) -> Path:
        """Where the account of every column lies."""
        return self.root / "plan.json"

    def spec(self) -> ExampleSpec:
        """The form of the examples this preprocessing makes."""
        return read_document(ExampleSpec, self.spec_path)


@dataclass(frozen=True, slots=True)
class ExamplesFolder:
    """Transformed examples on disk.

    root/
    ├── train.arrow  eval.arrow  test.arrow      (or .tfrecord)
    └── spec.json                                an ExampleSpec; written last

    Columns of an Arrow IPC file: ``dense`` fixed_size_list<float32>[d]; ``ids`` fixed_size_list<int32>[k], absent
    when k is 0; ``label`` int32 class id, or float32 standardized value for regression. A TFRecord file holds
    tf.train.Example records with the same three features.
    """

    root: Path

    @property
    def spec_path(self) -> Path:
        """Where the ExampleSpec lies."""
        return self.root / "spec.json"

    def spec(self) -> ExampleSpec:
        """The form of these examples."""
        return read_document(ExampleSpec, self.spec_path)

    def file(self, split: str, extension: str = "arrow") -> Path:
        """Where the examples of a split lie."""
        return self.root / f"{split}.{extension}"
