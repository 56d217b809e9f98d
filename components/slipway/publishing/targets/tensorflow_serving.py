"""The next version in TensorFlow Serving's layout, with a record of all versions and a way back."""

from dataclasses import dataclass

from slipway.contracts.errors import InputError
from slipway.contracts.published_models import model_address
from slipway.publishing.placing import publish_version
from slipway.publishing.target import Published, Release
from slipway.publishing.versions import prune, write_record
from slipway.storage.object_store import open_store


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorFlowServingSettings:
    """Settings of tensorflow_serving.

    Attributes:
        destination: folder or URI that holds models.
        keep_versions: how many of the newest versions stay, at least 1; None keeps all.
    """

    destination: str
    keep_versions: int | None = None

    def __post_init__(self) -> None:
        """Refuse a count that means nothing."""
        if self.keep_versions is not None and self.keep_versions < 1:
            raise InputError(f"keep_versions must be at least 1, got {self.keep_versions}")


class TensorFlowServing:
    """Versions ``1``, ``2``, ... below ``<destination>/<model_name>``."""

    Settings = TensorFlowServingSettings

    def publish(self, release: Release, settings: TensorFlowServingSettings) -> Published:
        """Publish the model unless the newest version has the same content; then old versions go and the record."""
        store = open_store(model_address(settings.destination, release.model_name))
        pushed = publish_version(store, release.contents)
        if pushed.pushed and settings.keep_versions is not None:
            prune(store, settings.keep_versions)
        return Published(pushed=pushed, record=write_record(store, release.model_name))


ENTRY = TensorFlowServing()
