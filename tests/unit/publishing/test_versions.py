"""Versions at a destination: numbering, idempotence, the record, rollback; on every kind of store."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from slipway.contracts.documents import parse, write_document
from slipway.contracts.errors import DataError, InputError
from slipway.contracts.evaluations import Evaluation
from slipway.contracts.published_models import PublishedVersion, PublishRecord, PushedVersion, VersionFolder
from slipway.publishing.contents import ModelParts, gather
from slipway.publishing.rollback import rollback
from slipway.publishing.target import TARGETS, Release
from slipway.publishing.versions import newest_number, newest_pushed
from slipway.storage.folders import file_digest
from slipway.storage.object_store import local_copy, open_store


def push(model: ModelParts, destination: str, keep_versions: int | None = None) -> PushedVersion:
    target = TARGETS.get("tensorflow_serving")
    settings = target.Settings(destination=destination, keep_versions=keep_versions)
    return target.publish(Release(model_name="income", contents=gather(model)), settings).pushed


def latest_version(uri: str) -> int | None:
    return newest_number(open_store(uri))


def record(destination: str) -> PublishRecord:
    return parse(PublishRecord, json.loads(open_store(f"{destination}/income").read("record.json")))


def visible(destination: str) -> list[str]:
    return [name for name in open_store(f"{destination}/income").names("") if not name.startswith(".")]


def weights(destination: str, version: int) -> str:
    return open_store(f"{destination}/income").read(f"{version}/variables/variables.data-00000-of-00001").decode()


def test_a_version_holds_the_saved_model_and_what_belongs_to_it(make_model, destination):
    pushed = push(make_model("a"), destination)
    with local_copy(pushed.uri) as folder:
        files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    assert files == [
        "assets.extra/compression.json",
        "assets.extra/evaluation.json",
        "assets.extra/manifest.json",
        "assets.extra/model.json",
        "assets.extra/model.tflite",
        "assets.extra/schema.pbtxt",
        "assets.extra/statistics/train.pb",
        "fingerprint.pb",
        "saved_model.pb",
        "variables/variables.data-00000-of-00001",
        "variables/variables.index",
    ]


def test_the_manifest_has_the_digest_of_every_other_file(make_model, destination):
    pushed = push(make_model("a"), destination)
    with local_copy(pushed.uri) as folder:
        manifest = VersionFolder(folder).manifest()
        assert {file.path: file.sha256 for file in manifest.files} == {
            path.relative_to(folder).as_posix(): file_digest(path)
            for path in folder.rglob("*")
            if path.is_file() and path.name != "manifest.json"
        }


def test_versions_count_from_one_and_name_the_one_before(make_model, destination):
    first, second = push(make_model("a"), destination), push(make_model("b"), destination)
    assert (first.version, first.previous_version, first.pushed) == (1, None, True)
    assert (second.version, second.previous_version, second.pushed) == (2, 1, True)
    assert second.uri == open_store(f"{destination}/income").uri("2")
    assert visible(destination) == ["1", "2", "record.json"]


def test_the_same_content_is_not_written_again(make_model, destination):
    first, again = push(make_model("a"), destination), push(make_model("a"), destination)
    assert again == PushedVersion(version=1, uri=first.uri, digest=first.digest, pushed=False)
    assert visible(destination) == ["1", "record.json"]


def test_a_new_account_of_the_same_model_is_not_a_new_version(make_model, destination):
    """The second run of a pipeline evaluates the same model against a baseline and measures other latencies."""
    push(make_model("a"), destination)
    model = make_model("a")
    evaluation = model.evaluation.evaluation()
    write_document(
        Evaluation(
            verdict=evaluation.verdict,
            problem=evaluation.problem,
            metrics=evaluation.metrics,
            baseline_metrics={"accuracy": 0.9},
        ),
        model.evaluation.evaluation_path,
    )
    assert not push(model, destination).pushed


@pytest.mark.parametrize("name", ["schema", "statistics"])
def test_other_data_behind_the_same_weights_is_a_new_version(make_model, tmp_path, name):
    model = make_model("a")
    push(model, str(tmp_path))
    changed = model.schema.schema_path if name == "schema" else model.statistics.file("train")
    changed.write_text("something else")
    assert push(model, str(tmp_path)).version == 2


def test_the_record_lists_every_version_with_its_digest(make_model, destination):
    pushed = [push(make_model(name), destination) for name in ("a", "b", "c")]
    found = record(destination)
    assert (found.model_name, found.latest, found.previous) == ("income", 3, 2)
    assert [(line.version, line.digest, line.previous) for line in found.versions] == [
        (1, pushed[0].digest, None),
        (2, pushed[1].digest, 1),
        (3, pushed[2].digest, 2),
    ]


@pytest.mark.parametrize("damage", [b"", b"not json", b'{"latest": 7}'])
def test_a_damaged_record_is_made_anew(make_model, destination, damage):
    push(make_model("a"), destination)
    store = open_store(f"{destination}/income")
    whole = store.read("record.json")
    store.write("record.json", damage)
    assert not push(make_model("a"), destination).pushed
    assert store.read("record.json") == whole


def test_a_lost_record_does_not_lose_the_versions(make_model, destination):
    push(make_model("a"), destination)
    open_store(f"{destination}/income").remove("record.json")
    assert push(make_model("b"), destination).version == 2
    assert [line.version for line in record(destination).versions] == [1, 2]


def test_a_saved_model_may_bring_assets_of_its_own_but_not_ours(make_model, tmp_path):
    model = make_model()
    extra = model.model.saved_model / "assets.extra"
    extra.mkdir()
    (extra / "warmup").write_text("requests")
    assert (Path(push(model, str(tmp_path)).uri) / "assets.extra" / "warmup").read_text() == "requests"
    (extra / "manifest.json").write_text("{}")
    with pytest.raises(InputError, match=r"already holds assets\.extra/manifest\.json"):
        push(model, str(tmp_path))


def test_rollback_serves_the_content_before_under_a_new_number(make_model, destination):
    first, second = push(make_model("a"), destination), push(make_model("b"), destination)
    back = rollback(destination, "income")
    assert back == PushedVersion(
        version=3,
        uri=open_store(f"{destination}/income").uri("3"),
        digest=first.digest,
        pushed=True,
        previous_version=second.version,
    )
    assert [weights(destination, version) for version in (1, 2, 3)] == ["a", "b", "a"]
    found = record(destination)
    assert (found.latest, found.previous, found.versions[-1].restored_from) == (3, None, 1)


def test_going_back_twice_goes_back_further(make_model, destination):
    for name in ("a", "b", "c"):
        push(make_model(name), destination)
    assert weights(destination, rollback(destination, "income").version) == "b"
    assert weights(destination, rollback(destination, "income").version) == "a"
    with pytest.raises(InputError, match="nothing before version 5; it has 1, 2, 3, 4, 5"):
        rollback(destination, "income")


def test_rollback_takes_any_kept_version(make_model, destination):
    for name in ("a", "b", "c"):
        push(make_model(name), destination)
    rollback(destination, "income")
    assert weights(destination, rollback(destination, "income", to_version=3).version) == "c"
    with pytest.raises(InputError, match="has no version 9"):
        rollback(destination, "income", to_version=9)


def test_what_was_left_behind_can_be_pushed_again(make_model, destination):
    push(make_model("a"), destination)
    push(make_model("b"), destination)
    rollback(destination, "income")
    again = push(make_model("b"), destination)
    assert (again.version, again.pushed) == (4, True)


def test_nothing_can_be_rolled_back_where_nothing_was_pushed(destination):
    with pytest.raises(InputError, match="nothing was pushed here"):
        rollback(destination, "income")


def test_a_damaged_version_is_not_served_again(make_model, destination):
    push(make_model("a"), destination)
    push(make_model("b"), destination)
    open_store(f"{destination}/income").write("1/variables/variables.index", b"changed by hand")
    with pytest.raises(DataError, match=r"variables/variables\.index differ"):
        rollback(destination, "income")
    assert latest_version(f"{destination}/income") == 2


def test_the_latest_version_is_found_without_writing(make_model, destination):
    assert newest_pushed(destination, "income") is None
    assert latest_version(f"{destination}/income") is None
    push(make_model("a"), destination)
    second = push(make_model("b"), destination)
    assert newest_pushed(destination, "income") == PushedVersion(
        version=2, uri=second.uri, digest=second.digest, pushed=False, previous_version=1
    )
    assert latest_version(f"{destination}/income") == 2


def test_old_versions_go_but_never_the_latest_and_the_one_before(make_model, destination):
    for name in ("a", "b", "c", "d"):
        push(make_model(name), destination)
    push(make_model("e"), destination, keep_versions=1)
    assert visible(destination) == ["4", "5", "record.json"]
    assert [line.version for line in record(destination).versions] == [4, 5]


def test_numbers_of_others_are_passed_over(make_model, destination):
    """Somebody put a SavedModel there by hand; TensorFlow Serving would serve it until a higher number comes."""
    open_store(f"{destination}/income").write("7/saved_model.pb", b"by hand")
    pushed = push(make_model("a"), destination)
    assert (pushed.version, pushed.previous_version) == (8, None)
    assert [line.version for line in record(destination).versions] == [8]


def test_a_version_without_its_graph_is_none(make_model, destination):
    """What a writer that died while it copied inside an object store may leave."""
    push(make_model("a"), destination)
    store = open_store(f"{destination}/income")
    store.write("2/assets.extra/manifest.json", store.read("1/assets.extra/manifest.json"))
    assert latest_version(f"{destination}/income") == 1
    assert push(make_model("b"), destination).version == 3


def test_a_number_claimed_by_a_dead_writer_is_passed_over(make_model, tmp_path):
    destination = f"memory://{tmp_path.name}-claims"
    open_store(f"{destination}/income").write(".claims/1", b"nobody")
    assert push(make_model("a"), destination).version == 2
    assert push(make_model("b"), destination).version == 3


def test_pushes_at_the_same_time_become_versions_of_one_model_each(make_model, destination):
    models = [make_model(name) for name in ("a", "b", "c", "d")]
    with ThreadPoolExecutor(len(models)) as pool:
        pushed = list(pool.map(lambda model: push(model, destination), models))
    assert sorted(version.version for version in pushed) == [1, 2, 3, 4]
    for version, name in zip(pushed, ("a", "b", "c", "d"), strict=True):
        store = open_store(version.uri)
        assert store.read("variables/variables.data-00000-of-00001").decode() == name
        assert store.read("assets.extra/model.tflite").decode() == f"small {name}"
    assert [line.version for line in record(destination).versions] == [1, 2, 3, 4]


def test_the_same_push_at_the_same_time_is_one_local_version(make_model, tmp_path):
    models = [make_model("a") for _ in range(4)]
    with ThreadPoolExecutor(len(models)) as pool:
        pushed = list(pool.map(lambda model: push(model, str(tmp_path / "published")), models))
    assert sorted(version.pushed for version in pushed) == [False, False, False, True]
    assert visible(str(tmp_path / "published")) == ["1", "record.json"]


def test_a_line_of_the_record_knows_the_size(make_model, tmp_path):
    pushed = push(make_model("a"), str(tmp_path))
    line = record(str(tmp_path)).versions[0]
    files = VersionFolder(Path(pushed.uri)).manifest().files
    assert line == PublishedVersion(version=1, digest=pushed.digest, bytes=sum(file.bytes for file in files))
