"""A component that does nothing; kfp reads its source, so it stands in a module."""

from kfp import dsl


@dsl.component(install_kfp_package=False)
def empty() -> None:
    """Do nothing."""
