"""Clusters: targets, submitting, following, checking, and those on this machine."""
