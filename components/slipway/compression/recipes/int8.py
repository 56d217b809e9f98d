"""Integers alone, from input to output, for accelerators without floating point; ranges come from examples.

``ids`` stay int32. The converter refuses a network with an operation that has no integer kernel.
"""

import tensorflow as tf

from slipway.compression.conversion import Conversion
from slipway.compression.recipe import CompressionRecipe


def _convert(conversion: Conversion) -> bytes:
    return conversion.convert(
        optimized=True, operations=tf.lite.OpsSet.TFLITE_BUILTINS_INT8, ends=tf.int8, calibrated=True
    )


ENTRY = CompressionRecipe(name="int8", convert=_convert, needs_calibration=True)
