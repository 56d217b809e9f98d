"""The command line. Imports nothing heavy at start, so that help is there at once."""

import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from slipway.cli.cluster import cluster
from slipway.cli.doctor import doctor
from slipway.cli.images import images as images_group
from slipway.cli.step import StepGroup
from slipway.cli.step_options import PipelineCommand, take_settings
from slipway.cli.submit import submit
from slipway.contracts.errors import ExitCode, SlipwayError
from slipway.contracts.roles import VERSION, Role

_EPILOG = "Exit codes: 0 fine, 1 internal error, 2 usage, 3 data invalid, 4 a gate refused, 5 try again."
_DEFAULT_PIPELINE = "continuous_training"


def _console() -> Any:
    from rich.console import Console

    # The stream of now: while kfp.local runs, sys.stdout is a log file.
    return Console(file=sys.stdout, soft_wrap=True)


def _run_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of every command that runs a pipeline."""
    options = [
        click.option("--output", type=Path, default=Path("slipway-output"), help="Folder for runs, cache and models."),
        click.option("--json", "json_file", type=Path, metavar="FILE", help="Write the run's summary here."),
        click.option("--set", "assignments", multiple=True, metavar="STEP.KEY=VALUE", help="One setting; repeatable."),
        click.option("--no-cache", is_flag=True, help="Run every step, whatever earlier runs left."),
        click.option("--cold", is_flag=True, help="A new process for every step: slower, less memory."),
        click.option(
            "--runner",
            type=click.Choice(["environments", "docker"]),
            default="environments",
            show_default=True,
            help="Where steps run: in the environment of their role, or in a container of its image.",
        ),
        click.option("--image", "images", multiple=True, metavar="ROLE=IMAGE", help="With docker: another image."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@click.group(epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(VERSION, prog_name="slipway")
@click.option("--debug", is_flag=True, help="Show the traceback of an error; works after a command too.")
def app(debug: bool) -> None:
    """Kubeflow Pipelines components for MLOps: run a pipeline here, or compile it for any cluster."""


app.add_command(StepGroup(name="step", help="Run one step alone, on files.", epilog=_EPILOG))
app.add_command(submit)
app.add_command(cluster)
app.add_command(doctor)
app.add_command(images_group)


@app.command(cls=PipelineCommand, epilog=_EPILOG)
@click.argument("pipeline", default=_DEFAULT_PIPELINE)
@click.option("--overrides", type=Path, metavar="FILE", help="YAML file of settings, a mapping per step.")
@_run_options
def run(
    pipeline: str,
    overrides: Path | None,
    assignments: tuple[str, ...],
    output: Path,
    json_file: Path | None,
    no_cache: bool,
    cold: bool,
    runner: str,
    images: tuple[str, ...],
    **options: Any,
) -> None:
    """Run PIPELINE on this machine, each step in the environment of its image's role.

    PIPELINE is a reference pipeline (default: continuous_training), FILE.py, FILE.py:FUNCTION or a compiled FILE.yaml.
    Types, splits, features, problem and metrics are inferred from the data; what was inferred is printed and lies in
    the report.
    """
    from slipway.runs.arguments import merge_settings, parse_assignments, read_overrides
    from slipway.runs.local.local_run import LocalRun, run_and_report

    file = read_overrides(overrides) if overrides else {}
    request = LocalRun(
        pipeline=pipeline,
        settings=merge_settings(file, parse_assignments(assignments), take_settings(options)),
        output=output,
        json_file=json_file,
        caching=not no_cache,
        warm=not cold,
        containers=_containers(runner, images),
    )
    sys.exit(run_and_report(request, _console()))


@app.command(cls=PipelineCommand, epilog=_EPILOG)
@click.option("--rows", type=click.IntRange(1000), default=60_000, show_default=True, help="Rows of demo data.")
@_run_options
def demo(
    rows: int,
    assignments: tuple[str, ...],
    output: Path,
    json_file: Path | None,
    no_cache: bool,
    cold: bool,
    runner: str,
    images: tuple[str, ...],
    **options: Any,
) -> None:
    """Make the demo data, loan applications with planted faults, and run the reference pipeline on it."""
    from slipway.runs.arguments import merge_settings, parse_assignments
    from slipway.runs.local.demo_run import demo_settings
    from slipway.runs.local.local_run import LocalRun, run_and_report

    console = _console()
    settings = demo_settings(output, rows, console)
    request = LocalRun(
        pipeline=_DEFAULT_PIPELINE,
        settings=merge_settings(settings, parse_assignments(assignments), take_settings(options)),
        output=output,
        json_file=json_file,
        caching=not no_cache,
        warm=not cold,
        containers=_containers(runner, images),
    )
    sys.exit(run_and_report(request, console))


@app.command(name="compile", epilog=_EPILOG)
@click.argument("pipeline", default=_DEFAULT_PIPELINE)
@click.option("-o", "--output", type=Path, default=Path("pipeline.yaml"), show_default=True, help="The package.")
@click.option("--image", multiple=True, metavar="ROLE=IMAGE", help="Image of a role, by version or digest; repeatable.")
def compile_package(pipeline: str, output: Path, image: tuple[str, ...]) -> None:
    """Compile PIPELINE to a package that Kubeflow Pipelines runs."""
    from slipway.runs.binding import bind_images, parse_images
    from slipway.runs.catalogue import compiled_package, write_package

    images = parse_images(image)
    ir, platforms = compiled_package(pipeline)
    write_package(bind_images(ir, images), output, platforms)
    click.echo(f"{output}: pipeline {pipeline}")


@app.command(epilog=_EPILOG)
@click.option("--plugins", is_flag=True, help="List what can be added by one file, and every entry there is.")
def components(plugins: bool) -> None:
    """List the steps with their inputs, outputs and image role."""
    from slipway.runs.listings import component_table, plugin_table

    _console().print(plugin_table() if plugins else component_table())


@app.command(epilog=_EPILOG)
@click.argument("roles", nargs=-1, type=click.Choice([role.value for role in Role]))
def environments(roles: tuple[str, ...]) -> None:
    """Make the environments of the image ROLES (default: all), and print where they lie."""
    from rich.console import Console

    from slipway.runs.local.environments import ensure_environment
    from slipway.runs.local.progress import installing

    for role in [Role(name) for name in roles] or list(Role):
        path = ensure_environment(role, installing(Console(stderr=True), role.value))
        click.echo(f"{role.value} {path}")


def main() -> None:
    """Run the command line and end the process with its exit code."""
    arguments = [item for item in sys.argv[1:] if item != "--debug"]
    sys.exit(_exit_code(arguments, debug="--debug" in sys.argv[1:]))


def _exit_code(arguments: list[str], debug: bool) -> int:
    try:
        code = app.main(arguments, prog_name="slipway", standalone_mode=False)
        return code if isinstance(code, int) else int(ExitCode.OK)
    except click.ClickException as error:
        error.show()
        return int(ExitCode.USAGE)
    except (click.Abort, KeyboardInterrupt):
        click.echo("stopped", err=True)
        return int(ExitCode.INTERNAL)
    except SlipwayError as error:
        return _told(error, str(error), error.exit_code, debug)
    except Exception as error:  # noqa: BLE001 - the last place where an error can become a message
        message = f"internal error: {type(error).__name__}: {error} (--debug shows where)"
        return _told(error, message, ExitCode.INTERNAL, debug)


def _told(error: Exception, message: str, code: ExitCode, debug: bool) -> int:
    if debug:
        traceback.print_exception(error)
    click.echo(f"slipway: {message}", err=True)
    return int(code)


def _containers(runner: str, images: tuple[str, ...]) -> Any:
    from slipway.runs.binding import parse_images
    from slipway.runs.containers.container_run import Containers

    if runner == "docker":
        return Containers(images=parse_images(images))
    if images:
        raise click.UsageError("--image goes with --runner docker")
    return None


if __name__ == "__main__":
    main()
