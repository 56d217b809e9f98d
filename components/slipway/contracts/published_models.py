"""A published model: the layout at the destination, its record, and what a local destination holds now."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from slipway.contracts.documents import read_document
from slipway.contracts.errors import InputError
from slipway.contracts.examples import ExampleSpec
from slipway.contracts.latest import LATEST
from slipway.contracts.models import ModelCard, ModelFolder
from slipway.contracts.validations import SchemaFolder, StatisticsFolder

SAVED_MODEL_FILE = "saved_model.pb"
EXTRA = "assets.extra"
MANIFEST = f"{EXTRA}/manifest.json"
RECORD = "record.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class PushedVersion:
    """A version of a model at its destination.

    Attributes:
        version: from 1, as TensorFlow Serving counts.
        uri: the version's folder.
        digest: sha256 over the content that was pushed.
        pushed: False when the latest version already had this content and nothing was written.
        previous_version: what ``previous`` named before; None for the first push.
    """

    version: int
    uri: str
    digest: str
    pushed: bool
    previous_version: int | None = None

    def facts(self) -> dict[str, object]:
        """What is known, for an artifact's metadata: Kubeflow Pipelines' launcher fails a task with a null in it."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True, slots=True)
class PushFolder:
    """What push did.

    root/
    └── pushed.json       a PushedVersion
    """

    root: Path

    @property
    def pushed_path(self) -> Path:
        """Where the PushedVersion lies."""
        return self.root / "pushed.json"

    def pushed(self) -> PushedVersion:
        """What was pushed."""
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
        """Where everything that is not the SavedModel lies."""
        return self.root / EXTRA

    @property
    def compressed_path(self) -> Path:
        """Where the LiteRT model lies."""
        return self.extra / "model.tflite"

    @property
    def card_path(self) -> Path:
        """Where the ModelCard lies."""
        return self.extra / "model.json"

    @property
    def compression_path(self) -> Path:
        """Where the Compression lies."""
        return self.extra / "compression.json"

    @property
    def evaluation_path(self) -> Path:
        """Where the Evaluation lies."""
        return self.extra / "evaluation.json"

    @property
    def schema(self) -> SchemaFolder:
        """The schema of the data it was trained with."""
        return SchemaFolder(self.extra)

    @property
    def statistics(self) -> StatisticsFolder:
        """The statistics of the data it was trained with; the train split only."""
        return StatisticsFolder(self.extra / "statistics")

    @property
    def manifest_path(self) -> Path:
        """Where the VersionManifest lies."""
        return self.root / MANIFEST

    def manifest(self) -> VersionManifest:
        """What the version holds."""
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
        """Where the record lies."""
        return self.root / RECORD

    def version(self, number: int) -> VersionFolder:
        """A version's folder."""
        return VersionFolder(self.root / str(number))

    def versions(self) -> list[int]:
        """The versions that Slipway published and that are whole, ascending."""
        if not self.root.is_dir():
            return []
        numbers = version_numbers(item.name for item in self.root.iterdir())
        return [number for number in numbers if self._whole(self.version(number))]

    def record(self) -> PublishRecord:
        """The record; InputError when nothing was published here."""
        return read_document(PublishRecord, self.record_path)

    @staticmethod
    def _whole(version: VersionFolder) -> bool:
        return version.manifest_path.is_file() and (version.root / SAVED_MODEL_FILE).is_file()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedModel:
    """A model that can be asked for predictions: where it came from, its SavedModel, and what it reads and predicts."""

    uri: str
    saved_model: Path
    spec: ExampleSpec


def served_model(folder: Path, uri: str) -> ServedModel:
    """The model in a folder: a pushed version, or the output of a training.

    Args:
        folder: where it lies now.
        uri: what the caller calls it.

    Raises:
        InputError: it holds neither.
    """
    trained, version = ModelFolder(folder), VersionFolder(folder)
    if trained.card_path.is_file():
        return ServedModel(uri=uri, saved_model=trained.saved_model, spec=trained.card().spec)
    if (folder / SAVED_MODEL_FILE).is_file() and version.card_path.is_file():
        card = read_document(ModelCard, version.card_path)
        return ServedModel(uri=uri, saved_model=folder, spec=card.spec)
    wanted = f"{SAVED_MODEL_FILE} and {version.card_path.relative_to(folder)}"
    versions = PublishedModel(folder).versions()
    hint = (
        f"; it holds versions: give {uri.rstrip('/')}/{versions[-1]} or {uri.rstrip('/')}/{LATEST}" if versions else ""
    )
    raise InputError(f"{uri} should be a pushed version's folder, with {wanted}{hint}")


def version_numbers(names: Iterable[str]) -> list[int]:
    """Those of ``names`` that TensorFlow Serving reads as a version, ascending."""
    return sorted(int(name) for name in names if name.isascii() and name.isdigit())


def latest_pushed(destination: str | Path, model_name: str) -> PushedVersion | None:
    """The highest version at a local destination, or None when nothing was published there.

    ``pushed`` of the answer is False: nothing is written by looking.
    """
    folder = Path(str(destination).removeprefix("file://")).expanduser().absolute()
    model = PublishedModel(folder / model_name)
    versions = model.versions()
    if not versions:
        return None
    latest = model.version(versions[-1])
    manifest = latest.manifest()
    return PushedVersion(
        version=versions[-1],
        uri=str(latest.root),
        digest=manifest.digest,
        pushed=False,
        previous_version=manifest.previous,
    )
