"""Integers alone, from input to output, for accelerators without floating point; ranges come from examples.

``ids`` stay int32. The converter refuses a network with an operation that has no integer kernel.
"""

from slipway.compression.recipe import CompressionRecipe

ENTRY = CompressionRecipe(name="int8", convert=lambda conversion: conversion.convert(compressed=True, integers=True))
