"""Folders appear whole or not at all."""

import pytest

from slipway.storage.folders import atomic_folder, content_digest


def test_a_published_folder_replaces_what_stood_there(tmp_path):
    root = tmp_path / "out"
    root.mkdir()
    (root / "old").write_text("old")
    with atomic_folder(root) as folder:
        (folder / "new").write_text("new")
    assert [item.name for item in root.iterdir()] == ["new"]


def test_after_an_error_the_old_content_stands_and_nothing_is_left_behind(tmp_path):
    root = tmp_path / "out"
    root.mkdir()
    (root / "old").write_text("old")
    with pytest.raises(RuntimeError), atomic_folder(root) as folder:
        (folder / "new").write_text("new")
        raise RuntimeError
    assert [item.name for item in root.iterdir()] == ["old"]
    assert [item.name for item in tmp_path.iterdir()] == ["out"]


def test_the_digest_is_of_names_and_bytes_wherever_the_folder_lies(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name / "sub").mkdir(parents=True)
        (tmp_path / name / "sub" / "file").write_text("content")
    assert content_digest(tmp_path / "a") == content_digest(tmp_path / "b")
    (tmp_path / "b" / "sub" / "file").rename(tmp_path / "b" / "sub" / "other")
    assert content_digest(tmp_path / "a") != content_digest(tmp_path / "b")
