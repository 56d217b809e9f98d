"""The steps as a table for the terminal."""

from typing import Any

from rich.table import Table

from slipway.contracts.roles import role_of_image
from slipway.launcher.catalogue import step_component, step_names


def component_table() -> Table:
    """Each step with inputs, outputs and image role; an optional input stands in brackets."""
    table = Table(box=None, padding=(0, 2, 1, 0))
    for title in ("step", "role", "inputs", "outputs"):
        table.add_column(title, overflow="fold")
    for step in step_names():
        spec = step_component(step).component_spec
        inputs = [f"\\[{name}]" if item.optional else name for name, item in (spec.inputs or {}).items()]
        role = role_of_image(spec.implementation.container.image)
        outputs = [name if name != "Output" else _verdict(item) for name, item in (spec.outputs or {}).items()]
        table.add_row(step.replace("_", "-"), role.value if role else "", ", ".join(inputs), ", ".join(outputs))
    return table


def _verdict(item: Any) -> str:
    return "Output (verdict)" if item.type == "Boolean" else "Output"
