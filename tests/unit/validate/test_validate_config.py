import pytest

from slipway.contracts.documents import parse
from slipway.contracts.errors import InputError
from slipway.contracts.examples import ColumnKind
from slipway.steps.validate.config import ValidateConfig


def test_settings_are_read_as_kubeflow_sends_them():
    """Numbers inside a dict arrive as floats."""
    values = {"min_rows": 10.0, "kinds": {"zip": "categorical"}, "warn_only": ["split_drift"], "max_drift": {"age": 1}}
    config = parse(ValidateConfig, values, label="y")
    assert (config.min_rows, config.kinds, config.warn_only) == (
        10,
        {"zip": ColumnKind.CATEGORICAL},
        ("split_drift",),
    )
    assert config.drift_limit("age", categorical=False) == 1.0


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"min_rows": 0}, "min_rows must be at least 1, got 0"),
        ({"min_eval_rows": 0}, "min_eval_rows must be at least 1, got 0"),
        ({"max_missing_fraction": 1.5}, r"max_missing_fraction must lie in \[0, 1\], got 1.5"),
        ({"max_missing_fractions": {"age": -1}}, r"max_missing_fractions\['age'\] must lie in \[0, 1\]"),
        ({"max_drift": {"age": 2}}, r"max_drift\['age'\] must lie in"),
        ({"max_leakage": 0.5}, r"max_leakage must lie in \(0.5, 1\], got 0.5"),
        ({"max_integer_categories": -1}, "max_integer_categories must be at least 0"),
        ({"kinds": {"age": "number"}}, "should be one of numeric, categorical, timestamp"),
        ({"warn_only": ["drift"]}, "warn_only should be one of columns, duplicates, label"),
        ({"checks": {"drift": {}}}, "checks should be one of columns, duplicates, label"),
        ({"engine": "spark"}, "engine should be one of local, got 'spark'"),
        ({"min_row": 1}, "has no 'min_row'"),
    ],
)
def test_what_cannot_be_is_refused(values, message):
    with pytest.raises(InputError, match=message):
        parse(ValidateConfig, values, label="y")


def test_an_empty_label_is_refused():
    with pytest.raises(InputError, match="label is empty"):
        ValidateConfig(label="")
