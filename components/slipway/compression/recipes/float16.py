"""Weights as float16, half the size; computes in float32."""

import tensorflow as tf

from slipway.compression.recipe import CompressionRecipe

ENTRY = CompressionRecipe(
    name="float16", convert=lambda conversion: conversion.convert(optimized=True, weights=tf.float16)
)
