"""The steps as a table for the terminal."""

from rich.table import Table

from slipway.contracts.registry import step_names
from slipway.runs.signatures import RETURNED, step_signature


def component_table() -> Table:
    """Each step with inputs, outputs and image role; an optional input stands in brackets."""
    table = Table(box=None, padding=(0, 2, 1, 0))
    for title in ("step", "role", "inputs", "outputs"):
        table.add_column(title, overflow="fold")
    for step in step_names():
        signature = step_signature(step)
        inputs = [port.name if port.required else f"\\[{port.name}]" for port in signature.inputs]
        outputs = [port.name for port in signature.outputs if port.name != RETURNED]
        if any(port.name == RETURNED for port in signature.outputs):
            outputs.append("verdict" if signature.gives_verdict else RETURNED)
        table.add_row(step.replace("_", "-"), signature.role.value, ", ".join(inputs), ", ".join(outputs))
    return table
