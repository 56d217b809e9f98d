"""The service of Kubeflow Pipelines, and how to sign in to it."""
