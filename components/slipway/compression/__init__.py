"""Compressed forms of a network, their measuring, and the trade-off."""
