"""Earlier results of a task, found again by the content of what goes in.

Kubeflow's own key holds addresses and not content; here the key holds the digest of every input artifact and of every
local file that a parameter names, the task's source, the code of its step and the lock of its role.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from slipway.storage.folders import atomic_folder, content_digest

_FORMAT = 1
_ROOT_PLACEHOLDER = "{{slipway.task_root}}"


def task_key(source: str, function: str, executor_input: Mapping[str, Any], environment: str) -> str:
    """Return what identifies a task's work, 64 hexadecimal digits.

    Args:
        source: the component's Python text.
        function: the component's function.
        executor_input: what Kubeflow hands to the task; only its inputs count, not where outputs will lie.
        environment: identifies packages and code that the task runs with.
    """
    inputs = executor_input.get("inputs", {})
    artifacts = {
        name: [content_digest(Path(item["uri"])) for item in group.get("artifacts", ())]
        for name, group in inputs.get("artifacts", {}).items()
    }
    parameters = {name: [value, _local_digest(value)] for name, value in inputs.get("parameterValues", {}).items()}
    facts = [_FORMAT, source, function, environment, artifacts, parameters]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def code_digest(step: str) -> str:
    """Return the sha256 of the source that a step can import: its own folder and every room that steps share."""
    package = Path(__file__).resolve().parents[2]
    others = {package / name for name in ("cli", "runs", "steps")}
    rooms = [folder for folder in package.iterdir() if folder.is_dir() and folder not in others]
    digest = hashlib.sha256()
    for file in sorted(file for folder in (*rooms, package / "steps" / step) for file in folder.rglob("*.*")):
        if file.suffix in {".py", ".j2", ".css"}:
            digest.update(f"{file.relative_to(package)}\0".encode() + file.read_bytes() + b"\0")
    return digest.hexdigest()


class TaskCache:
    """Finished tasks below one folder, an entry each: the task's output folder, with its own place left open."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def restore(self, key: str, task_root: Path) -> bool:
        """Put an earlier result into ``task_root``; False when there is none or it has been damaged."""
        entry = self._root / key
        try:
            recorded = (entry / "digest").read_text()
        except OSError:
            return False
        if content_digest(entry / "outputs") != recorded:
            shutil.rmtree(entry, ignore_errors=True)
            return False
        shutil.copytree(entry / "outputs", task_root, dirs_exist_ok=True, copy_function=_link)
        _relocate(task_root / "executor_output.json", _ROOT_PLACEHOLDER, str(task_root))
        return True

    def store(self, key: str, task_root: Path) -> None:
        """Keep what lies in ``task_root``; an entry that is there already stays."""
        if (self._root / key).exists():
            return
        with atomic_folder(self._root / key) as entry:
            shutil.copytree(task_root, entry / "outputs", copy_function=_link)
            _relocate(entry / "outputs" / "executor_output.json", str(task_root), _ROOT_PLACEHOLDER)
            (entry / "digest").write_text(content_digest(entry / "outputs"))


def _local_digest(value: Any) -> str:
    if not isinstance(value, str) or not value.startswith(("/", "file://")):
        return ""
    path = Path(value.removeprefix("file://"))
    return content_digest(path) if path.exists() else ""


def _link(source: str, target: str) -> None:
    """Make a hard link where the file system has them: artifacts are never changed in place."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _relocate(file: Path, old: str, new: str) -> None:
    """Replace a folder's name in a document, as a new file so that no link to the old one changes."""
    if file.is_file():
        text = file.read_text(encoding="utf-8").replace(json.dumps(old)[1:-1], json.dumps(new)[1:-1])
        file.unlink()
        file.write_text(text, encoding="utf-8")
