"""What can be set for push."""

import re
from dataclasses import dataclass

from slipway.contracts.errors import InputError

_MODEL_NAME = re.compile(r"(?!\d+$)[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PushConfig:
    """Where a model goes and how much of the past stays.

    Attributes:
        destination: folder or URI that holds models, such as ``/models``, ``s3://bucket/models``, ``gs://bucket/models``.
        model_name: folder of this model in it: letters, digits, ``.``, ``_`` and ``-``, not digits alone.
        keep_versions: how many of the newest versions stay, at least 1; the latest and the one to go back to always
            stay. None keeps all.
    """

    destination: str
    model_name: str = "model"
    keep_versions: int | None = None

    def __post_init__(self) -> None:
        """Refuse addresses and counts that mean nothing."""
        if not self.destination.strip():
            raise InputError("destination is empty; it should be a folder or a URI such as s3://bucket/models")
        if not _MODEL_NAME.fullmatch(self.model_name):
            raise InputError(
                f"model_name should be letters, digits, '.', '_' and '-', and not digits alone; got {self.model_name!r}"
            )
        if self.keep_versions is not None and self.keep_versions < 1:
            raise InputError(f"keep_versions must be at least 1, got {self.keep_versions}")

    @property
    def model_uri(self) -> str:
        """The folder of the model: what TensorFlow Serving calls ``base_path``."""
        return f"{self.destination.rstrip('/')}/{self.model_name}"
