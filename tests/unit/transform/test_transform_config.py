"""What can be asked of transform, and what is refused."""

from typing import Any

import pytest

from slipway.contracts.documents import parse
from slipway.contracts.errors import InputError
from slipway.contracts.examples import Problem
from slipway.features.encoding import ENCODINGS
from slipway.steps.transform.config import FeatureOptions, TransformConfig


def test_a_document_becomes_typed_settings():
    config = parse(
        TransformConfig,
        {
            "problem": "binary",
            "positive_label": 1.0,
            "exclude": ["id"],
            "features": {"age": {"encoding": "quantile_buckets", "buckets": 4.0}},
        },
        label="y",
    )
    assert config.problem is Problem.BINARY
    assert config.positive_class == "1"
    assert config.exclude == ("id",)
    assert config.features == {"age": FeatureOptions(encoding="quantile_buckets", buckets=4)}


@pytest.mark.parametrize(
    ("value", "spelling"), [(True, "true"), (False, "false"), (3, "3"), ("yes", "yes"), (None, None)]
)
def test_the_positive_label_is_spelled_like_a_class(value: str | bool | int | None, spelling: str | None):
    assert TransformConfig(label="y", positive_label=value).positive_class == spelling


def test_a_features_options_come_before_the_general_settings():
    config = TransformConfig(label="y", buckets=7, features={"a": FeatureOptions(buckets=3, clip_fraction=0.0)})
    entry = ENCODINGS.get("quantile_buckets")
    assert config.encoding_settings("a", entry) == entry.Settings(buckets=3, clip_fraction=0.0)
    assert config.encoding_settings("b", entry) == entry.Settings(buckets=7, clip_fraction=0.001)


def test_an_encodings_settings_come_from_the_feature_then_the_general_ones_then_its_own_defaults():
    options = FeatureOptions(encoding="min_max", clip_fraction=0.0, settings={"centered": True})
    config = TransformConfig(label="y", missing_value="median", features={"a": options})
    entry = ENCODINGS.get("min_max")
    assert config.encoding_settings("a", entry) == entry.Settings(
        clip_fraction=0.0, missing_value="median", centered=True
    )
    assert config.encoding_settings("b", entry) == entry.Settings(clip_fraction=0.001, missing_value="median")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"label": ""}, "label must name the column"),
        ({"buckets": 1}, r"buckets must lie in \[2, 1000\], got 1"),
        ({"clip_fraction": 0.2}, r"clip_fraction must lie in \[0.0, 0.1\], got 0.2"),
        ({"max_vocabulary": 0}, "max_vocabulary must lie in"),
        ({"oov_buckets": 0}, "oov_buckets must lie in"),
        ({"features": {"a": {"hash_buckets": 1}}}, "hash_buckets must lie in"),
        ({"features": {"a": {"kind": "numeric", "encoding": "one_hot"}}}, "one_hot encodes categorical features"),
        ({"features": {"a": {"encoding": "minmax"}}}, "no 'minmax' in encodings; did you mean 'min_max'"),
        ({"features": {"a": {"settings": {"centered": True}}}}, "settings belong to an encoding"),
        ({"features": {"a": {"encoding": "min_max", "settings": {"center": True}}}}, "did you mean 'centered'"),
        ({"features": {"a": {"encoding": "min_max", "settings": {"centered": 1}}}}, "centered should be bool"),
        ({"features": {"a": {"encoding": "min_max", "settings": {"clip_fraction": 0}}}}, "stands beside encoding"),
        ({"features": {"a": {"scaling": "robust"}}}, "has no 'scaling'; there are kind, encoding"),
        ({"features": {"a": {}}, "exclude": ["a"]}, "'a' is both in exclude and in features"),
        ({"exclude": ["y"]}, "the label 'y' can be neither"),
        ({"problem": "regression", "positive_label": "yes"}, "positive_label belongs to a binary problem"),
        ({"examples_format": "csv"}, "one of 'arrow', 'tfrecord', got 'csv'"),
    ],
)
def test_what_cannot_be_is_refused(values: dict[str, Any], message: str):
    with pytest.raises(InputError, match=message):
        parse(TransformConfig, {"label": "y", **values})
