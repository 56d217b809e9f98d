"""The network as it is, in float32: what the compressed forms are compared with."""

from slipway.compression.recipe import CompressionRecipe

ENTRY = CompressionRecipe(name="float", convert=lambda conversion: conversion.convert())
