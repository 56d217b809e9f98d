"""What compress writes down: every LiteRT variant of a model, and the chosen one."""

from dataclasses import dataclass
from pathlib import Path

from slipway.contracts.documents import read_document
from slipway.contracts.verdicts import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Tensor:
    """What a LiteRT model takes or gives under a name of its signature ``serving_default``.

    Attributes:
        name: ``dense`` and ``ids`` as the transform makes them, ``prediction`` as the network makes it.
        dtype: NumPy's name, such as ``float32``, ``int8``.
        shape: -1 for the batch, which is 1 until it is resized.
        scale: value = scale * (stored - zero_point); 0 for a tensor that is not quantized.
        zero_point: see ``scale``.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    scale: float = 0.0
    zero_point: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A form of the model as a LiteRT file: ``float`` without any compression, the others compressed.

    Attributes:
        name: of its recipe; ``float`` is not compressed.
        file: relative to the folder.
        bytes: size on disk.
        metrics: on the test split, by the names that evaluate-slices uses; those of ``float`` are the network's own.
        latency_milliseconds: median of one prediction of a single example on one thread.
        accepted: whether the deciding metric, size and latency are within what is allowed.
        refusals: why it is not accepted.
        largest_difference: between a prediction and the network's own: of a probability, or in the label's unit.
        inputs: what it takes.
        outputs: what it gives.
    """

    name: str
    file: str
    bytes: int
    metrics: dict[str, float]
    latency_milliseconds: float
    accepted: bool
    refusals: tuple[str, ...] = ()
    largest_difference: float = 0.0
    inputs: tuple[Tensor, ...] = ()
    outputs: tuple[Tensor, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Compression:
    """What compress found.

    Attributes:
        metric: the deciding metric, such as ``accuracy`` or ``rmse``.
        allowed_loss: largest worsening of it that is accepted, in its own unit.
        variants: ``float`` first.
        chosen: name of the smallest accepted compressed variant, the fastest of equally small ones; empty when none is.
    """

    verdict: Verdict
    metric: str
    allowed_loss: float
    variants: tuple[Variant, ...]
    chosen: str = ""


@dataclass(frozen=True, slots=True)
class CompressedFolder:
    """Compressed forms of a model.

    root/
    ├── <variant>.tflite      one for each, such as float.tflite and int8.tflite
    ├── model.tflite          the chosen one; absent when none is
    └── compression.json      a Compression
    """

    root: Path

    @property
    def chosen_path(self) -> Path:
        """Return where the chosen variant lies."""
        return self.root / "model.tflite"

    def variant_path(self, name: str) -> Path:
        """Return where a variant lies."""
        return self.root / f"{name}.tflite"

    @property
    def compression_path(self) -> Path:
        """Return where the Compression lies."""
        return self.root / "compression.json"

    def compression(self) -> Compression:
        """Return what was found."""
        return read_document(Compression, self.compression_path)
