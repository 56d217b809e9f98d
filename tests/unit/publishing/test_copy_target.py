"""A copy of a version in a second place."""

import pytest

from slipway.contracts.errors import DataError, InputError
from slipway.publishing.contents import gather
from slipway.publishing.target import TARGETS, Published, Release
from slipway.storage.object_store import open_store


@pytest.fixture
def publish(make_model, tmp_path):
    """Publish at the first target, then copy; ``before`` may change what was published."""

    def published(weights: str, destination: str, *, first: str = "", before=lambda uri: None) -> Published:
        serving, copy = TARGETS.get("tensorflow_serving"), TARGETS.get("copy")
        contents = gather(make_model(weights))
        pushed = serving.publish(
            Release(model_name="income", contents=contents),
            serving.Settings(destination=first or str(tmp_path / "first")),
        ).pushed
        before(pushed.uri)
        release = Release(model_name="income", contents=contents, first=pushed)
        return copy.publish(release, copy.Settings(destination=destination))

    return published


def test_a_copy_is_equal_to_the_last_byte_and_keeps_no_record(publish, destination, tmp_path):
    published = publish("a", destination)
    original, copied = open_store(str(tmp_path / "first" / "income" / "1")), open_store(published.pushed.uri)
    for name in ("saved_model.pb", "assets.extra/manifest.json", "variables/variables.index"):
        assert copied.read(name) == original.read(name)
    assert (published.pushed.version, published.pushed.pushed, published.record) == (1, True, None)
    assert [name for name in open_store(f"{destination}/income").names("") if not name.startswith(".")] == ["1"]


def test_what_was_copied_before_is_left_as_it_is(publish, destination):
    assert [publish("a", destination).pushed.pushed for _ in range(2)] == [True, False]


def test_another_model_under_the_same_number_is_not_overwritten(publish, destination, tmp_path):
    publish("a", destination)
    with pytest.raises(InputError, match="holds another model; copies need a folder of their own"):
        publish("b", destination, first=str(tmp_path / "other"))
    assert open_store(f"{destination}/income/1").read("variables/variables.data-00000-of-00001") == b"a"


def test_a_version_that_was_changed_is_not_copied(publish, destination):
    def change(uri: str) -> None:
        open_store(uri).write("variables/variables.index", b"changed by hand")

    with pytest.raises(DataError, match=r"variables/variables\.index differ"):
        publish("a", destination, before=change)
    assert open_store(f"{destination}/income").names("") == []


def test_there_is_nothing_to_copy_before_the_first_target(make_model, destination):
    copy = TARGETS.get("copy")
    with pytest.raises(InputError, match="name it in also"):
        copy.publish(
            Release(model_name="income", contents=gather(make_model())), copy.Settings(destination=destination)
        )
