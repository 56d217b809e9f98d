"""What goes into a version: which files, whether the verdicts allow it, and the digest that identifies it."""

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
_ACCOUNTS = {
    "fingerprint.pb",
    *(path.as_posix() for path in (_VERSION.card_path, _VERSION.compression_path, _VERSION.evaluation_path)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The folders that a version is made of."""

    model: ModelFolder
    compressed: CompressedFolder
    schema: SchemaFolder
    statistics: StatisticsFolder
    evaluation: EvaluationFolder


def sources(model: str, compressed: str, schema: str, statistics: str, evaluation: str) -> Sources:
    """The folders at these paths."""
    return Sources(
        model=ModelFolder(Path(model)),
        compressed=CompressedFolder(Path(compressed)),
        schema=SchemaFolder(Path(schema)),
        statistics=StatisticsFolder(Path(statistics)),
        evaluation=EvaluationFolder(Path(evaluation)),
    )


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
        """sha256 over names and digests of all files but accounts; see VersionManifest."""
        lines = (f"{file.path}\0{file.sha256}\n" for file in self.files if file.path not in _ACCOUNTS)
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    def manifest(self, previous: int | None, restored_from: int | None = None) -> VersionManifest:
        """The manifest of these files."""
        return VersionManifest(digest=self.digest, files=self.files, previous=previous, restored_from=restored_from)


def refuse_unless_accepted(given: Sources) -> None:
    """Raise InputError with every reason when evaluation or compression refused the model."""
    verdicts = {
        "evaluation": given.evaluation.evaluation().verdict,
        "compression": given.compressed.compression().verdict,
    }
    refusals = [f"{name} refused: {'; '.join(it.reasons)}" for name, it in verdicts.items() if not it.passed]
    if refusals:
        raise InputError(f"nothing was pushed: {' | '.join(refusals)}")


def gather(given: Sources) -> Contents:
    """The SavedModel and what belongs to it.

    Raises:
        InputError: a file is missing, or the SavedModel brings a file that push writes itself.
    """
    saved_model = given.model.saved_model
    if not (saved_model / SAVED_MODEL_FILE).is_file():
        raise InputError(f"{saved_model} is no SavedModel: it has no {SAVED_MODEL_FILE}")
    extras = {
        _VERSION.compressed_path: given.compressed.chosen_path,
        _VERSION.card_path: given.model.card_path,
        _VERSION.compression_path: given.compressed.compression_path,
        _VERSION.evaluation_path: given.evaluation.evaluation_path,
        _VERSION.schema.schema_path: given.schema.schema_path,
        _VERSION.statistics.file(TRAIN): given.statistics.file(TRAIN),
    }
    for path in extras.values():
        if not path.is_file():
            raise InputError(f"{path} is missing; a version cannot be whole without it")
    found = _files_below(saved_model)
    added = {path.as_posix(): source for path, source in extras.items()}
    doubled = sorted(found.keys() & {*added, MANIFEST})
    if doubled:
        raise InputError(f"{saved_model} already holds {doubled[0]}; {EXTRA}/ of a version is written by push")
    return _described({**found, **added})


def published_contents(folder: Path, manifest: VersionManifest) -> Contents:
    """The files of a version that was published before, checked against its manifest.

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
