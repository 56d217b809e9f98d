"""What goes into a version: which files, and the digest of their content that identifies it."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from slipway.contracts.compressions import CompressedFolder
from slipway.contracts.errors import DataError, InputError
from slipway.contracts.evaluations import EvaluationFolder
from slipway.contracts.models import ModelFolder
from slipway.contracts.published_models import (
    EXTRA,
    MANIFEST,
    SAVED_MODEL_FILE,
    PublishedFile,
    VersionFolder,
    VersionManifest,
)
from slipway.contracts.tables import TRAIN
from slipway.contracts.validations import SchemaFolder, StatisticsFolder
from slipway.storage.folders import file_digest

_VERSION = VersionFolder(Path())
_NOT_CONTENT = {
    "fingerprint.pb",
    *(path.as_posix() for path in (_VERSION.card_path, _VERSION.compression_path, _VERSION.evaluation_path)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelParts:
    """The folders that a version is made of."""

    model: ModelFolder
    compressed: CompressedFolder
    schema: SchemaFolder
    statistics: StatisticsFolder
    evaluation: EvaluationFolder


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """Files of a version before they are published.

    Attributes:
        sources: the local file of each path in the version, without the manifest.
        files: the same with sizes and digests, by path.
    """

    sources: dict[str, Path]
    files: tuple[PublishedFile, ...]

    @property
    def digest(self) -> str:
        """Return the sha256 over names and digests of the files that count as content; see VersionManifest."""
        lines = (f"{file.path}\0{file.sha256}\n" for file in self.files if file.path not in _NOT_CONTENT)
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    def manifest(self, previous: int | None, restored_from: int | None = None) -> VersionManifest:
        """Return the manifest of these files."""
        return VersionManifest(digest=self.digest, files=self.files, previous=previous, restored_from=restored_from)


def gather(parts: ModelParts) -> Contents:
    """Return the SavedModel and what belongs to it.

    Raises:
        InputError: a file is missing, or the SavedModel brings a file that is written beside it.
    """
    saved_model = parts.model.saved_model
    if not (saved_model / SAVED_MODEL_FILE).is_file():
        raise InputError(f"{saved_model} is no SavedModel: it has no {SAVED_MODEL_FILE}")
    extras = {
        _VERSION.compressed_path: parts.compressed.chosen_path,
        _VERSION.card_path: parts.model.card_path,
        _VERSION.compression_path: parts.compressed.compression_path,
        _VERSION.evaluation_path: parts.evaluation.evaluation_path,
        _VERSION.schema.schema_path: parts.schema.schema_path,
        _VERSION.statistics.file(TRAIN): parts.statistics.file(TRAIN),
    }
    for path in extras.values():
        if not path.is_file():
            raise InputError(f"{path} is missing; a version cannot be whole without it")
    found = _files_below(saved_model)
    added = {path.as_posix(): source for path, source in extras.items()}
    doubled = sorted(found.keys() & {*added, MANIFEST})
    if doubled:
        raise InputError(f"{saved_model} already holds {doubled[0]}; {EXTRA}/ of a version is written beside it")
    return _described({**found, **added})


def published_contents(folder: Path, manifest: VersionManifest) -> Contents:
    """Return the files of a version that was published before, checked against its manifest.

    Raises:
        DataError: a file is missing, too many or has other bytes than it was published with.
    """
    found = _files_below(folder)
    found.pop(MANIFEST, None)
    contents = _described(found)
    if contents.files != manifest.files:
        changed = sorted({file.path for file in set(contents.files) ^ set(manifest.files)})
        raise DataError(f"{folder} is not what was published: {', '.join(changed)} differ from {MANIFEST}")
    return contents


def _files_below(folder: Path) -> dict[str, Path]:
    return {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}


def _described(sources: dict[str, Path]) -> Contents:
    names: Iterable[str] = sorted(sources)
    return Contents(
        sources={name: sources[name] for name in names},
        files=tuple(
            PublishedFile(path=name, bytes=sources[name].stat().st_size, sha256=file_digest(sources[name]))
            for name in names
        ),
    )
