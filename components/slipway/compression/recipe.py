"""What a recipe for a compressed model is, and the registry of those there are; TensorFlow is not imported."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from slipway.contracts.plug_points import PLUG_POINTS
from slipway.contracts.registry import Registry

if TYPE_CHECKING:
    from slipway.compression.conversion import Conversion

UNCOMPRESSED = "float"
"""The recipe that every other one is compared with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompressionRecipe:
    """A way from a network to a LiteRT file.

    Attributes:
        name: what users call it; the name of its module.
        convert: of a conversion, gives the bytes of the file. It must not depend on what was converted before.
        needs_calibration: whether it looks at training examples; without such a recipe none are read.
    """

    name: str
    convert: Callable[[Conversion], bytes]
    needs_calibration: bool = False


RECIPES: Registry[CompressionRecipe] = Registry("compression_recipes", PLUG_POINTS["compression_recipes"].folder)
"""Every recipe, by name."""
