"""What a publish target is: a place where an accepted model is published, and how.

A target is one module of ``slipway.publishing.targets`` with an ``ENTRY``; nothing else lists it. Its module is
imported where a configuration is checked: what only some environments have is imported where it is used.
"""

from dataclasses import dataclass
from typing import Any, Protocol

from slipway.contracts.plug_points import registry
from slipway.contracts.published_models import PublishRecord, PushedVersion
from slipway.contracts.registry import Registry
from slipway.publishing.contents import Contents


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """An accepted model on its way to one target after another.

    Attributes:
        model_name: the model's folder at a target.
        contents: its files.
        first: what the first target made of it; None while it is the first one's turn.
    """

    model_name: str
    contents: Contents
    first: PushedVersion | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What a target holds now.

    Attributes:
        pushed: the version, its address, and whether anything was written.
        record: all versions there; None where a target keeps no record.
    """

    pushed: PushedVersion
    record: PublishRecord | None = None


class PublishTarget(Protocol):
    """A kind of places where models are published.

    Attributes:
        Settings: frozen dataclass of what can be set; push fills ``destination`` and ``keep_versions`` for the first
            target, and ``also`` says all settings of the others.
    """

    Settings: type[Any]

    def publish(self, release: Release, settings: Any) -> Published:
        """Publish a model, whole or not at all; what has this content already is left as it is.

        Raises:
            InputError: the place cannot be written, or holds something else.
            TransientError: the place did not answer.
        """


TARGETS: Registry[PublishTarget] = registry("publish_targets")
