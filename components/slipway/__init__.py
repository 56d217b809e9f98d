"""Kubeflow Pipelines components for hybrid-cloud MLOps."""
