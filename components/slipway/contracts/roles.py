"""Image roles: one dependency set, one lock, one image, one local environment."""

from enum import StrEnum

VERSION = "0.1.0"


class Role(StrEnum):
    """A set of dependencies that a step runs in; ``requirements/<role>.txt`` is its lock."""

    LIGHT = "light"
    TFDV = "tfdv"
    TENSORFLOW = "tensorflow"


def image_name(role: Role) -> str:
    """The image that a component of this role names until a target binds another."""
    return f"slipway/{role.value}:{VERSION}"


def role_of_image(image: str) -> Role | None:
    """The role whose image this is, or None for somebody else's image."""
    return next((role for role in Role if image_name(role) == image), None)


LIGHT = image_name(Role.LIGHT)
TFDV = image_name(Role.TFDV)
TENSORFLOW = image_name(Role.TENSORFLOW)
