"""Components that do nothing; kfp reads their source, so they stand in a module."""

from kfp import dsl

from slipway.contracts import roles


@dsl.component(install_kfp_package=False)
def empty() -> None:
    """Do nothing, in whatever interpreter."""


@dsl.component(base_image=roles.LIGHT, install_kfp_package=False)
def empty_in_role() -> None:
    """Do nothing, in the environment or image of the light role."""


@dsl.pipeline(name="empty")
def in_role() -> None:
    """One task."""
    empty_in_role()
