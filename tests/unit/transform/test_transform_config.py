"""What can be asked of transform, and what is refused."""

from typing import Any

import pytest

from slipway.contracts.documents import parse
from slipway.contracts.errors import InputError
from slipway.contracts.examples import FeatureKind, Problem
from slipway.steps.transform.config import Encoding, FeatureOptions, TransformConfig


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
    assert config.features == {"age": FeatureOptions(encoding=Encoding.QUANTILE_BUCKETS, buckets=4)}


@pytest.mark.parametrize(
    ("value", "spelling"), [(True, "true"), (False, "false"), (3, "3"), ("yes", "yes"), (None, None)]
)
def test_the_positive_label_is_spelled_like_a_class(value: str | bool | int | None, spelling: str | None):
    assert TransformConfig(label="y", positive_label=value).positive_class == spelling


def test_a_features_options_come_before_the_general_settings():
    config = TransformConfig(label="y", buckets=7, features={"a": FeatureOptions(buckets=3, clip_fraction=0.0)})
    assert (config.settings("a").buckets, config.settings("a").clip_fraction) == (3, 0.0)
    assert (config.settings("b").buckets, config.settings("b").clip_fraction) == (7, 0.001)


@pytest.mark.parametrize("encoding", list(Encoding))
def test_every_encoding_knows_its_kind(encoding: Encoding):
    assert FeatureOptions(kind=encoding.kind, encoding=encoding).encoding is encoding


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
        ({"features": {"a": {"scaling": "robust"}}}, "has no 'scaling'; it has kind, encoding"),
        ({"features": {"a": {}}, "exclude": ["a"]}, "'a' is both in exclude and in features"),
        ({"exclude": ["y"]}, "the label 'y' can be neither"),
        ({"problem": "regression", "positive_label": "yes"}, "positive_label belongs to a binary problem"),
        ({"examples_format": "csv"}, "one of 'arrow', 'tfrecord', got 'csv'"),
    ],
)
def test_what_cannot_be_is_refused(values: dict[str, Any], message: str):
    with pytest.raises(InputError, match=message):
        parse(TransformConfig, {"label": "y", **values})


def test_kinds_are_those_of_the_contract():
    assert {encoding.kind for encoding in Encoding} == set(FeatureKind)
