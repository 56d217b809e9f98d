"""What there is, as tables for the terminal."""

from rich.markup import escape
from rich.table import Table

from slipway.contracts.plug_points import PLUG_POINTS, registry
from slipway.contracts.registry import step_names
from slipway.runs.signatures import RETURNED, step_signature


def component_table() -> Table:
    """List each step with inputs, outputs and image role; an optional input stands in brackets."""
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


def plugin_table() -> Table:
    """List every kind of entries with what it adds, and its entries; nothing is imported for it."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    for title in ("kind", "entry", "what it is", "from"):
        table.add_column(title, overflow="fold")
    for kind, point in PLUG_POINTS.items():
        table.add_row(f"[bold]{kind}[/]", "", f"[dim]each adds {point.adds}[/]", f"[dim]slipway.{kind}[/]")
        for entry in registry(kind).listed():
            table.add_row("", entry.name, escape(entry.description), escape(entry.origin))
    return table
