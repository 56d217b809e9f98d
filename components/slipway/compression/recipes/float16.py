"""Weights as float16, half the size; computes in float32."""

from slipway.compression.recipe import CompressionRecipe

ENTRY = CompressionRecipe(name="float16", convert=lambda conversion: conversion.convert(compressed=True, half=True))
