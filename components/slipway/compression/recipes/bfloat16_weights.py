"""Weights rounded to bfloat16 and kept in float32: what a chip with bfloat16 weights would predict, at full size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slipway.compression.recipe import CompressionRecipe

if TYPE_CHECKING:
    import numpy as np


def round_to_bfloat16(weights: np.ndarray) -> np.ndarray:
    """Return float32 weights rounded to the nearest number with a mantissa of 7 bits, ties to even; NaN stays."""
    import numpy as np

    bits = np.ascontiguousarray(weights, np.float32).view(np.uint32)
    rounded = (bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))) & np.uint32(0xFFFF0000)
    return np.asarray(np.where(np.isnan(weights), weights, rounded.view(np.float32)))


ENTRY = CompressionRecipe(
    name="bfloat16_weights", convert=lambda conversion: conversion.convert_changed(round_to_bfloat16)
)
