"""One suite for every store: what push relies on."""

from pathlib import Path
from threading import Barrier, Thread

import pytest

from slipway.contracts.errors import InputError
from slipway.contracts.ports import ObjectStore
from slipway.storage.local_store import LocalStore
from slipway.storage.object_store import local_copy, local_path, open_store


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """A small model on disk, by its names in a version."""
    contents = {"saved_model.pb": b"graph", "variables/variables.index": b"index", "assets.extra/a/b.json": b"{}"}
    sources = {}
    for index, (name, content) in enumerate(contents.items()):
        sources[name] = tmp_path / f"source-{index}"
        sources[name].write_bytes(content)
    return sources


def read_all(store: ObjectStore, path: str, folder: Path) -> dict[str, bytes]:
    store.download(path, folder)
    return {item.relative_to(folder).as_posix(): item.read_bytes() for item in folder.rglob("*") if item.is_file()}


def test_an_empty_root_has_no_names(store: ObjectStore):
    assert store.names("") == []
    assert not store.exists("record.json")


def test_a_file_reads_as_it_was_last_written(store: ObjectStore):
    store.write("record.json", b"first")
    store.write("record.json", b"second, longer")
    assert store.read("record.json") == b"second, longer"
    assert store.names("") == ["record.json"]


def test_a_placed_folder_has_the_files_under_their_names(store: ObjectStore, files: dict[str, Path], tmp_path: Path):
    assert store.place(files, "1", "saved_model.pb")
    assert read_all(store, "1", tmp_path / "copy") == {name: path.read_bytes() for name, path in files.items()}


def test_placing_leaves_no_file_beside_the_folder(store: ObjectStore, files: dict[str, Path]):
    store.place(files, "1", "saved_model.pb")
    assert [name for name in store.names("") if not name.startswith(".")] == ["1"]
    assert [entry for name in store.names("") if name.startswith(".") for entry in store.names(name)] == []


def test_a_taken_name_is_refused_and_stays_as_it_was(store: ObjectStore, files: dict[str, Path], tmp_path: Path):
    store.place(files, "1", "saved_model.pb")
    other = tmp_path / "other"
    other.write_bytes(b"another graph")
    assert not store.place({"saved_model.pb": other}, "1", "saved_model.pb")
    assert store.read("1/saved_model.pb") == b"graph"


def test_of_many_writers_of_one_name_exactly_one_succeeds(root: str, tmp_path: Path):
    writers = 6
    barrier, won = Barrier(writers), []

    def write(number: int) -> None:
        source = tmp_path / f"writer-{number}"
        source.write_bytes(str(number).encode())
        store = open_store(root)
        barrier.wait()
        if store.place(dict.fromkeys(("saved_model.pb", "a", "b", "c"), source), "1", "saved_model.pb"):
            won.append(number)

    threads = [Thread(target=write, args=(number,)) for number in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert set(read_all(open_store(root), "1", tmp_path / "copy").values()) == {str(won[0]).encode()}


def test_a_failed_placing_leaves_no_trace(store: ObjectStore, files: dict[str, Path], tmp_path: Path):
    with pytest.raises(InputError, match="no such file"):
        store.place({**files, "zz": tmp_path / "missing"}, "1", "saved_model.pb")
    assert not store.exists("1")
    assert [entry for name in store.names("") for entry in store.names(name)] == []


def test_a_removed_folder_is_gone_and_removing_again_is_no_error(store: ObjectStore, files: dict[str, Path]):
    store.place(files, "1", "saved_model.pb")
    store.place(files, "10", "saved_model.pb")
    store.remove("1")
    store.remove("1")
    assert not store.exists("1")
    assert store.exists("10/saved_model.pb")


def test_a_missing_file_is_the_callers_fault(store: ObjectStore):
    with pytest.raises(InputError, match="record.json: there is no such file"):
        store.read("record.json")


def test_a_missing_folder_cannot_be_downloaded(store: ObjectStore, tmp_path: Path):
    with pytest.raises(InputError, match="no such"):
        store.download("7", tmp_path / "copy")


def test_an_address_names_what_it_gives(store: ObjectStore, files: dict[str, Path]):
    store.place(files, "3", "saved_model.pb")
    with local_copy(store.uri("3")) as folder:
        assert (folder / "saved_model.pb").read_bytes() == b"graph"


@pytest.mark.parametrize(
    ("uri", "path"),
    [("/models", Path("/models")), ("file:///models/my%20one", Path("/models/my one")), ("s3://bucket/models", None)],
)
def test_a_local_address_is_a_path(uri: str, path: Path | None):
    assert local_path(uri) == path


def test_a_local_address_reads_as_a_plain_path(tmp_path: Path):
    assert open_store(f"file://{tmp_path}").uri("3") == str(tmp_path / "3")


def test_a_local_version_can_be_read_by_other_users(tmp_path: Path, files: dict[str, Path]):
    """TensorFlow Serving runs as somebody else than the pipeline."""
    LocalStore(tmp_path / "models").place(files, "1", "saved_model.pb")
    assert (tmp_path / "models" / "1").stat().st_mode & 0o055 == 0o055


@pytest.mark.parametrize(("uri", "message"), [("", "address is empty"), ("nosuch://x", "no adapter")])
def test_an_unknown_address_is_the_callers_fault(uri: str, message: str):
    with pytest.raises(InputError, match=message):
        open_store(uri)


def test_a_missing_bucket_is_the_callers_fault(s3_bucket: str, files: dict[str, Path]):
    with pytest.raises(InputError, match="no such file, folder or bucket"):
        open_store("s3://no-such-bucket/models").place(files, "1", "saved_model.pb")
