"""What push lets people set."""

import pytest

from slipway.contracts.documents import parse
from slipway.contracts.errors import InputError
from slipway.steps.push.config import PushConfig


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"destination": " "}, "destination is empty"),
        ({"destination": "/models", "model_name": "a/b"}, "got 'a/b'"),
        ({"destination": "/models", "model_name": "12"}, "not digits alone"),
        ({"destination": "/models", "keep_versions": 0}, "at least 1, got 0"),
        ({"destination": "/models", "keep": 3}, "has no 'keep'"),
        ({"destination": "/models", "target": "nowhere"}, "target should be one of copy, tensorflow_serving"),
        ({"destination": "/models", "also": [{"target": "nowhere"}]}, "target should be one of copy"),
        ({"destination": "/models", "also": [{"target": "copy"}]}, "destination"),
        ({"destination": "/m", "also": [{"target": "copy", "settings": {"keep": 1}}]}, "CopySettings has no 'keep'"),
        ({"destination": "/models", "target": "copy", "keep_versions": 2}, "CopySettings has no 'keep_versions'"),
    ],
)
def test_nonsense_is_refused(values: dict[str, object], message: str):
    with pytest.raises(InputError, match=message):
        parse(PushConfig, values)


@pytest.mark.parametrize("destination", ["s3://bucket/models", "s3://bucket/models/"])
def test_the_models_address_is_a_folder_of_the_destination(destination: str):
    assert PushConfig(destination=destination, model_name="income").model_uri == "s3://bucket/models/income"
