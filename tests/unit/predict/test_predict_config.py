"""What can be set, and what is refused at birth."""

import pytest

from slipway.contracts.documents import parse
from slipway.contracts.errors import InputError
from slipway.steps.predict.config import PredictConfig


def test_nothing_said_means_every_split_and_every_column():
    assert parse(PredictConfig, {}) == PredictConfig(splits=(), keep_columns=None, batch_size=8192)


def test_no_column_is_not_the_same_as_nothing_said():
    assert parse(PredictConfig, {"keep_columns": []}).keep_columns == ()


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"splits": ["tset"]}, "splits should be some of train, eval, test, got 'tset'"),
        ({"splits": ["test", "test"]}, "splits names 'test' more than once"),
        ({"keep_columns": ["id", "id"]}, "keep_columns names 'id' more than once"),
        ({"keep_columns": "id"}, "keep_columns should be a list, got 'id'"),
        ({"batch_size": 0}, r"batch_size must lie in \[1, 1000000\], got 0"),
        ({"batch_size": 1_000_001}, r"batch_size must lie in \[1, 1000000\], got 1000001"),
        ({"batchsize": 5}, "has no 'batchsize'; did you mean 'batch_size'"),
    ],
)
def test_what_means_nothing_is_refused(settings, told):
    with pytest.raises(InputError, match=told):
        parse(PredictConfig, settings)
