"""The newest published version by name."""

from pathlib import Path

import pytest

from slipway.contracts.ports import ObjectStore
from slipway.publishing.versions import resolved_version

WHOLE = ("saved_model.pb", "assets.extra/manifest.json")


@pytest.fixture
def publish(store: ObjectStore, tmp_path: Path):
    def place(version: str, *names: str) -> None:
        file = tmp_path / "file"
        file.write_bytes(b"content")
        store.place(dict.fromkeys(names, file), version, names[0])

    return place


def test_the_highest_whole_version_is_the_latest(root: str, store: ObjectStore, publish):
    publish("2", *WHOLE)
    publish("10", *WHOLE)
    publish("11", "saved_model.pb")
    assert resolved_version(f"{root}/latest") == store.uri("10")


def test_there_is_no_latest_before_anything_is_published(root: str):
    assert resolved_version(f"{root}/latest/") == ""


@pytest.mark.parametrize("uri", ["", "/models/loans/3", "s3://bucket/models/the-latest"])
def test_every_other_address_is_left_as_it_is(uri: str):
    assert resolved_version(uri) == uri
