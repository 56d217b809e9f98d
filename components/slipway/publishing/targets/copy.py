"""A copy of the version that was just published, under the same number in a second folder or bucket."""

from dataclasses import dataclass, replace

from slipway.contracts.errors import InputError
from slipway.contracts.published_models import VersionFolder, model_address
from slipway.publishing.contents import published_contents
from slipway.publishing.placing import place_folder
from slipway.publishing.target import Published, Release
from slipway.publishing.versions import read_manifest
from slipway.storage.object_store import local_copy, open_store


@dataclass(frozen=True, slots=True, kw_only=True)
class CopySettings:
    """Settings of copy.

    Attributes:
        destination: folder or URI that holds copies of models, such as a bucket in another region.
    """

    destination: str


class Copy:
    """The version's folder, file by file, at ``<destination>/<model_name>/<version>``."""

    Settings = CopySettings

    def publish(self, release: Release, settings: CopySettings) -> Published:
        """Copy what the first target published; nothing is written where the same version lies already.

        Raises:
            InputError: nothing was published before, or another model lies under this number.
            DataError: the files of the version are not what was published.
            TransientError: a store did not answer.
        """
        if release.first is None:
            raise InputError("copy copies what another target published; name it in also, not as the target")
        first, store = release.first, open_store(model_address(settings.destination, release.model_name))
        with local_copy(first.uri) as folder:
            manifest = VersionFolder(folder).manifest()
            contents = published_contents(folder, manifest)
            written = place_folder(store, contents.sources, manifest, first.version)
        if not written and read_manifest(store, first.version) != manifest:
            raise InputError(f"{store.uri(str(first.version))} holds another model; copies need a folder of their own")
        return Published(pushed=replace(first, uri=store.uri(str(first.version)), pushed=written))


ENTRY = Copy()
