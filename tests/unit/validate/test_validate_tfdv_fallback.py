"""A release of TFDV whose compiled part is another must not stop validate: its public functions do the same."""

from types import SimpleNamespace

import pytest
import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import schema_pb2

from slipway.steps.validate import tfdv as ours
from slipway.steps.validate.config import ValidateConfig
from slipway.steps.validate.core import Inputs, run


@pytest.fixture(autouse=True)
def _loaded_anew():
    ours.load_validation.cache_clear()
    yield
    ours.load_validation.cache_clear()


def test_the_locked_release_has_the_layout_that_is_used():
    assert isinstance(ours.load_validation(), ours.Extension)


def one_more_argument(functions):
    def infer(statistics, domain, inexact, more):
        raise AssertionError("never called with four arguments")

    return SimpleNamespace(InferSchema=infer, ValidateFeatureStatistics=functions.ValidateFeatureStatistics)


def fewer_arguments(functions):
    def validate(statistics, schema):
        raise AssertionError("never called with two arguments")

    return SimpleNamespace(InferSchema=functions.InferSchema, ValidateFeatureStatistics=validate)


def another_answer(functions):
    return SimpleNamespace(InferSchema=functions.InferSchema, ValidateFeatureStatistics=lambda *_: b"", more=functions)


def renamed(functions):
    return SimpleNamespace(infer_schema=functions.InferSchema)


@pytest.mark.parametrize("change", [one_more_argument, fewer_arguments, another_answer, renamed])
def test_an_extension_that_takes_or_gives_something_else_is_not_used(monkeypatch, change):
    functions = ours._load_extension().validation
    monkeypatch.setattr(ours, "_load_extension", lambda: SimpleNamespace(validation=change(functions)))
    assert isinstance(ours.load_validation(), ours.PublicFunctions)


def test_a_missing_extension_gives_the_same_results(monkeypatch, loans, caplog):
    config = ValidateConfig(label="repaid")
    expected = run(Inputs(examples=loans.root), config)
    ours.load_validation.cache_clear()
    monkeypatch.setattr(ours, "EXTENSION", f"{ours.PACKAGE}.pywrap.renamed")
    found = run(Inputs(examples=loans.root), config)
    assert isinstance(ours.load_validation(), ours.PublicFunctions)
    assert "using its public functions" in caplog.text
    assert found == expected


def test_both_ways_give_what_tfdv_gives(loans):
    statistics = run(Inputs(examples=loans.root), ValidateConfig(label="repaid")).statistics
    train, other = statistics["train"], statistics["eval"]
    schema = tfdv.infer_schema(train, infer_feature_shape=False)
    schema.default_environment.append("TRAINING")
    schema.feature[1].drift_comparator.jensen_shannon_divergence.threshold = 1e-9
    schema.feature[2].type = schema_pb2.BYTES
    expected = tfdv.validate_statistics(other, schema, environment="TRAINING", previous_statistics=train)
    assert expected.anomaly_info
    for way in (ours.load_validation(), ours.PublicFunctions()):
        assert way.infer(train) == tfdv.infer_schema(train, infer_feature_shape=False)
        assert way.validate(other, schema, "TRAINING", train) == expected
        assert way.validate(other, schema, "", None) == tfdv.validate_statistics(other, schema)
