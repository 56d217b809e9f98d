"""The metric that docs/extending.md shows is one: it keeps the contract, and is right."""

import re
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from slipway.metrics.metric import METRICS
from slipway.testing.contract import checks_of

PAGE = Path(__file__).parents[3] / "docs" / "extending.md"


@pytest.fixture(scope="module")
def entry():
    text = PAGE.read_text(encoding="utf-8").partition("## The smallest of them")[2]
    module = ModuleType("specificity")
    exec(re.search(r"```python\n(.*?)```", text, re.DOTALL)[1], module.__dict__)
    assert module.__doc__.startswith("Share of the negative examples")
    return module.ENTRY


@pytest.mark.parametrize("check", checks_of("metrics"))
def test_the_metric_shown_keeps_the_contract_of_metrics(entry, check):
    checks_of("metrics")[check]("specificity", entry)


def test_the_metric_shown_is_one_minus_the_false_positive_rate(entry):
    sums = {
        name: np.array([[value]])
        for name, value in {"count": 10.0, "positives": 4.0, "predicted_positives": 5.0, "true_positives": 3.0}.items()
    }
    assert entry.derive(sums)[0, 0] == pytest.approx(1 - METRICS.get("false_positive_rate").derive(sums)[0, 0])
    assert entry.derive(sums)[0, 0] == pytest.approx(4 / 6)
