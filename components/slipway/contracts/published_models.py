"""A published model: the layout at the destination, its record, and what a local destination holds now."""

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from slipway.contracts.documents import read_document
from slipway.contracts.errors import InputError
from slipway.contracts.validations import SchemaFolder, StatisticsFolder

SAVED_MODEL_FILE = "saved_model.pb"
EXTRA = "assets.extra"
MANIFEST = f"{EXTRA}/manifest.json"
RECORD = "record.json"
_MODEL_NAME = re.compile(r"(?!\d+$)[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PushedVersion:
    """A version of a model at its destination.

    Attributes:
        version: from 1, as TensorFlow Serving counts.
        uri: the version's folder.
        digest: sha256 over the content that was pushed.
        pushed: False when the latest version already had this content and nothing was written.
        previous_version: what ``previous`` named before; None for the first push.
        also: addresses of what further targets hold of it.
    """

    version: int
    uri: str
    digest: str
    pushed: bool
    previous_version: int | None = None
    also: tuple[str, ...] = ()

    def facts(self) -> dict[str, object]:
        """Return what is known, for an artifact's metadata, in which Kubeflow Pipelines' launcher refuses a null."""
        facts = {**asdict(self), "also": ", ".join(self.also) or None}
        return {name: value for name, value in facts.items() if value is not None}


@dataclass(frozen=True, slots=True)
class PushFolder:
    """What push did.

    root/
    └── pushed.json       a PushedVersion
    """

    root: Path

    @property
    def pushed_path(self) -> Path:
        """Return where the PushedVersion lies."""
        return self.root / "pushed.json"

    def pushed(self) -> PushedVersion:
        """Read what was pushed."""
        return read_document(PushedVersion, self.pushed_path)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedFile:
    """A file of a version; ``path`` is relative to the version's folder."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionManifest:
    """What a version holds, written into it before it can be seen.

    Attributes:
        digest: sha256 over names and digests of the files that decide what is predicted and what the next run is
            compared with: all but the accounts of how it was made (model.json, evaluation.json, compression.json) and
            fingerprint.pb, which TensorFlow gives a random identity.
        files: every file but this manifest, by path.
        previous: the version to go back to from this one; None when there is none.
        restored_from: the version whose content a rollback published again; None for a version of its own.
    """

    digest: str
    files: tuple[PublishedFile, ...]
    previous: int | None = None
    restored_from: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedVersion:
    """A line of the record; see VersionManifest."""

    version: int
    digest: str
    bytes: int
    previous: int | None = None
    restored_from: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishRecord:
    """Which versions there are; made from their manifests, which decide when the two differ.

    Attributes:
        latest: the version that TensorFlow Serving serves: the highest.
        previous: what a rollback would serve again; None when there is nothing to go back to.
        versions: all that are kept, oldest first.
    """

    model_name: str
    latest: int
    previous: int | None
    versions: tuple[PublishedVersion, ...]


@dataclass(frozen=True, slots=True)
class VersionFolder:
    """A published version: a SavedModel that carries what belongs to it.

    root/                           root is the SavedModel
    ├── saved_model.pb  variables/  assets/  fingerprint.pb
    └── assets.extra/               TensorFlow Serving does not look here
        ├── model.tflite            the chosen compressed variant
        ├── model.json              a ModelCard
        ├── compression.json        a Compression
        ├── evaluation.json         an Evaluation
        ├── schema.pbtxt            as in SchemaFolder
        ├── statistics/train.pb     as in StatisticsFolder
        └── manifest.json           a VersionManifest
    """

    root: Path

    @property
    def extra(self) -> Path:
        """Return where everything that is not the SavedModel lies."""
        return self.root / EXTRA

    @property
    def compressed_path(self) -> Path:
        """Return where the LiteRT model lies."""
        return self.extra / "model.tflite"

    @property
    def card_path(self) -> Path:
        """Return where the ModelCard lies."""
        return self.extra / "model.json"

    @property
    def compression_path(self) -> Path:
        """Return where the Compression lies."""
        return self.extra / "compression.json"

    @property
    def evaluation_path(self) -> Path:
        """Return where the Evaluation lies."""
        return self.extra / "evaluation.json"

    @property
    def schema(self) -> SchemaFolder:
        """Return the schema of the data it was trained with."""
        return SchemaFolder(self.extra)

    @property
    def statistics(self) -> StatisticsFolder:
        """Return the statistics of the data it was trained with; the train split only."""
        return StatisticsFolder(self.extra / "statistics")

    @property
    def manifest_path(self) -> Path:
        """Return where the VersionManifest lies."""
        return self.root / MANIFEST

    def manifest(self) -> VersionManifest:
        """Read what the version holds."""
        return read_document(VersionManifest, self.manifest_path)


@dataclass(frozen=True, slots=True)
class PublishedModel:
    """A model at a local destination, as TensorFlow Serving's ``base_path`` takes it.

    root/                 <destination>/<model_name>
    ├── 1/  2/  ...       a VersionFolder each; TensorFlow Serving serves the highest number
    └── record.json       a PublishRecord
    """

    root: Path

    @property
    def record_path(self) -> Path:
        """Return where the record lies."""
        return self.root / RECORD

    def version(self, number: int) -> VersionFolder:
        """Return a version's folder."""
        return VersionFolder(self.root / str(number))

    def record(self) -> PublishRecord:
        """Read the record; InputError when nothing was published here."""
        return read_document(PublishRecord, self.record_path)


def model_address(destination: str, model_name: str) -> str:
    """Return the folder of a model: what TensorFlow Serving calls ``base_path``.

    Raises:
        InputError: the destination is empty, or the name is digits alone or more than letters, digits, ``.-_``.
    """
    if not destination.strip():
        raise InputError("destination is empty; it should be a folder or a URI such as s3://bucket/models")
    if not _MODEL_NAME.fullmatch(model_name):
        raise InputError(
            f"model_name should be letters, digits, '.', '_' and '-', and not digits alone; got {model_name!r}"
        )
    return f"{destination.rstrip('/')}/{model_name}"


def version_numbers(names: Iterable[str]) -> list[int]:
    """Return those of ``names`` that TensorFlow Serving reads as a version, ascending."""
    return sorted(int(name) for name in names if name.isascii() and name.isdigit())
