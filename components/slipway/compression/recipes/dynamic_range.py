"""Weights as int8; computes in int8 where a kernel can, with ranges found while it runs."""

from slipway.compression.recipe import CompressionRecipe

ENTRY = CompressionRecipe(name="dynamic_range", convert=lambda conversion: conversion.convert(optimized=True))
