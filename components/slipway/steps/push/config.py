"""What can be set for push."""

from dataclasses import dataclass, field
from typing import Any

from slipway.contracts.documents import parse
from slipway.contracts.plug_points import registry, require_entry
from slipway.contracts.published_models import model_address


@dataclass(frozen=True, slots=True, kw_only=True)
class AlsoTarget:
    """A further target.

    Attributes:
        target: a name in the registry of publish targets, such as ``copy``.
        settings: of the target, by name, such as ``{"destination": "s3://elsewhere/models"}``.
    """

    target: str
    settings: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse a target that is unknown, and settings that it does not have."""
        require_entry("publish_targets", self.target, "target")
        self.parsed_settings()

    def parsed_settings(self) -> Any:
        """Return the settings in the target's own type."""
        return parse(registry("publish_targets").get(self.target).Settings, self.settings)


@dataclass(frozen=True, slots=True, kw_only=True)
class PushConfig:
    """Where a model goes and how much of the past stays.

    Attributes:
        destination: folder or URI that holds models, such as ``/models``, ``s3://bucket/models``, ``gs://bucket/models``.
        model_name: folder of this model in it: letters, digits, ``.``, ``_`` and ``-``, not digits alone.
        keep_versions: how many of the newest versions stay, at least 1; the latest and the one to go back to always
            stay. None keeps all.
        target: how the model is published there; a name in the registry of publish targets.
        also: further targets, in order, after the model was published at ``destination``.
    """

    destination: str
    model_name: str = "model"
    keep_versions: int | None = None
    target: str = "tensorflow_serving"
    also: tuple[AlsoTarget, ...] = ()

    def __post_init__(self) -> None:
        """Refuse addresses, counts and targets that mean nothing."""
        model_address(self.destination, self.model_name)
        require_entry("publish_targets", self.target, "target")
        self.settings_of_target()

    def settings_of_target(self) -> Any:
        """Return the settings of ``target``, in its own type."""
        settings = registry("publish_targets").get(self.target).Settings
        given: dict[str, Any] = {"destination": self.destination}
        if self.keep_versions is not None:
            given["keep_versions"] = self.keep_versions
        return parse(settings, given)

    @property
    def model_uri(self) -> str:
        """The folder of the model: what TensorFlow Serving calls ``base_path``."""
        return model_address(self.destination, self.model_name)
