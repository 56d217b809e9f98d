"""What every registered encoding must do; a new one is tested by being there."""

import subprocess
import sys
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from slipway.contracts.documents import parse, to_plain
from slipway.contracts.examples import FeatureKind
from slipway.features.counted import CountedCategories, CountedNumbers, CountedTimes
from slipway.features.date_parts import PERIODS
from slipway.features.encoding import ENCODINGS, FeaturePlan

COUNTED: dict[FeatureKind, Any] = {
    FeatureKind.NUMERIC: CountedNumbers(
        values=np.array([0.0, 1.0, 2.5, 100.0]), counts=np.array([7, 2, 1, 1]), rows=12
    ),
    FeatureKind.CATEGORICAL: CountedCategories(
        names=pa.array(["b", "a"]), counts=np.array([3, 1]), rows=5, present=4, distinct=2
    ),
    FeatureKind.TIMESTAMP: CountedTimes(
        rows=3,
        present=2,
        low=0,
        high=86_400,
        total=86_400,
        total_squares=86_400**2,
        parts={name: np.r_[1, 1, np.zeros(size - 2, int)] for name, size in PERIODS.items()},
    ),
}


@pytest.mark.parametrize("name", ENCODINGS.names())
def test_settings_have_defaults_and_are_explained(name: str):
    entry = ENCODINGS.get(name)
    assert is_dataclass(entry.Settings())
    for setting in fields(entry.Settings):
        assert f"{setting.name}:" in (entry.Settings.__doc__ or "")


@pytest.mark.parametrize("name", ENCODINGS.names())
def test_a_fit_goes_through_a_document_and_back(name: str):
    entry = ENCODINGS.get(name)
    fit = entry.fit(COUNTED[entry.kind], entry.Settings())
    plan = FeaturePlan(name="x", kind=entry.kind, encoding=name, missing_fraction=0.5, why="test", fit=fit)
    assert parse(FeaturePlan, to_plain(plan)) == plan
    assert entry.describe(fit)


@pytest.mark.parametrize("name", ENCODINGS.names())
def test_an_encoding_has_a_description(name: str):
    (listed,) = (item for item in ENCODINGS.listed() if item.name == name)
    assert listed.description


def test_there_is_an_encoding_for_every_kind():
    assert {entry.kind for _, entry in ENCODINGS.items()} == set(FeatureKind)


WITHOUT_LIBRARIES = """
import sys
for name in ("numpy", "pyarrow", "tensorflow"):
    sys.modules[name] = None
from slipway.contracts.documents import parse
from slipway.features.encoding import ENCODINGS
from slipway.steps.transform.config import TransformConfig

for name, entry in ENCODINGS.items():
    parse(TransformConfig, {"features": {"x": {"encoding": name, "kind": entry.kind.value}}}, label="y")
"""


def test_a_configuration_is_checked_without_any_library():
    """WHY: the launcher checks it, and has neither NumPy nor Arrow nor TensorFlow."""
    done = subprocess.run([sys.executable, "-P", "-c", WITHOUT_LIBRARIES], capture_output=True, text=True)
    assert done.stderr == ""
