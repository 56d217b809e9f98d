"""The command line. Imports nothing heavy at start, so that help is there at once."""

import logging
import sys
import traceback
from pathlib import Path
from typing import Annotated, Any

import click
import typer
from rich.console import Console

from slipway.contracts.errors import ExitCode, SlipwayError
from slipway.contracts.roles import VERSION, Role
from slipway.launcher.step_command import StepGroup

_EPILOG = "Exit codes: 0 fine, 1 internal error, 2 usage, 3 data invalid, 4 a gate refused, 5 try again."
_DEFAULT_PIPELINE = "continuous_training"

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    epilog=_EPILOG,
    help="Kubeflow Pipelines components for MLOps: run a pipeline here, or compile it for any cluster.",
)

PipelineArgument = Annotated[
    str, typer.Argument(metavar="[PIPELINE]", help="A reference pipeline, FILE.py, FILE.py:FUNCTION or FILE.yaml.")
]
OutputOption = Annotated[Path, typer.Option("--output", help="Folder for runs, the cache and the models.")]
JsonOption = Annotated[Path | None, typer.Option("--json", help="Write the run's summary here.")]
OverridesOption = Annotated[Path | None, typer.Option("--overrides", help="YAML file of settings, a mapping per step.")]
SetOption = Annotated[
    list[str] | None, typer.Option("--set", metavar="STEP.KEY=VALUE", help="One setting; may be given again.")
]
NoCacheOption = Annotated[bool, typer.Option("--no-cache", help="Run every step, whatever earlier runs left.")]
ColdOption = Annotated[bool, typer.Option("--cold", help="A new process for every step: slower, less memory.")]


@app.command()
def run(
    pipeline: PipelineArgument = _DEFAULT_PIPELINE,
    data: Annotated[str | None, typer.Option(help="Path, glob or URI of CSV, Parquet or JSON Lines.")] = None,
    label: Annotated[str | None, typer.Option(help="The column to predict.")] = None,
    overrides: OverridesOption = None,
    assignments: SetOption = None,
    trials: Annotated[int | None, typer.Option(min=0, help="Attempts of the search; 0 takes the defaults.")] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="Most passes over the training split.")] = None,
    strategy: Annotated[
        str | None, typer.Option(help="auto, one_device, mirrored or multi_worker_mirrored.")
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Worker processes of multi_worker_mirrored.")] = None,
    problem: Annotated[str | None, typer.Option(help="binary, multiclass or regression.")] = None,
    positive_label: Annotated[str | None, typer.Option(help="The positive class of a binary problem.")] = None,
    exclude: Annotated[list[str] | None, typer.Option(help="A column to leave out; may be given again.")] = None,
    group_column: Annotated[str | None, typer.Option(help="Rows of one group stay in one split.")] = None,
    time_column: Annotated[str | None, typer.Option(help="Split by time: oldest to train, newest to test.")] = None,
    destination: Annotated[str | None, typer.Option(help="Where the model is pushed. Default: OUTPUT/models.")] = None,
    model_name: Annotated[str | None, typer.Option(help="Default: the data's file name.")] = None,
    output: OutputOption = Path("slipway-output"),
    json_file: JsonOption = None,
    no_cache: NoCacheOption = False,
    cold: ColdOption = False,
) -> None:
    """Run a pipeline on this machine; each step in the environment of its image's role."""
    from slipway.launcher.arguments import merged, parse_assignments, read_overrides
    from slipway.launcher.local_run import LocalRun, run_and_report

    typed = {
        "data_uri": data,
        "label": label,
        "trials": trials,
        "epochs": epochs,
        "strategy": strategy,
        "workers": workers,
        "destination": destination,
        "model_name": model_name,
        "ingest": _given(exclude_columns=exclude, group_column=group_column, time_column=time_column),
        "transform": _given(problem=problem, positive_label=positive_label),
    }
    settings = merged(
        read_overrides(overrides) if overrides else {}, parse_assignments(assignments or ()), _given(**typed)
    )
    request = LocalRun(
        pipeline=pipeline, settings=settings, output=output, json_file=json_file, caching=not no_cache, warm=not cold
    )
    raise typer.Exit(run_and_report(request, Console(soft_wrap=True)))


@app.command()
def demo(
    output: OutputOption = Path("slipway-output"),
    rows: Annotated[int, typer.Option(min=1000, help="Rows of demo data.")] = 60_000,
    json_file: JsonOption = None,
    no_cache: NoCacheOption = False,
    cold: ColdOption = False,
) -> None:
    """Make the demo data, loan applications with planted faults, and run the reference pipeline on it."""
    from slipway.launcher.demo_run import demo_settings
    from slipway.launcher.local_run import LocalRun, run_and_report

    console = Console(soft_wrap=True)
    settings = demo_settings(output, rows, console)
    request = LocalRun(
        pipeline=_DEFAULT_PIPELINE,
        settings=settings,
        output=output,
        json_file=json_file,
        caching=not no_cache,
        warm=not cold,
    )
    raise typer.Exit(run_and_report(request, console))


@app.command(name="compile")
def compile_package(
    pipeline: PipelineArgument = _DEFAULT_PIPELINE,
    output: Annotated[Path, typer.Option("-o", "--output", help="The package to write.")] = Path("pipeline.yaml"),
    image: Annotated[
        list[str] | None,
        typer.Option(metavar="ROLE=IMAGE", help="Image of a role, with a version or digest; may be given again."),
    ] = None,
) -> None:
    """Compile a pipeline to a package that Kubeflow Pipelines runs."""
    from slipway.launcher.binding import bind_images, parse_images
    from slipway.launcher.catalogue import compiled_pipeline, write_package

    images = parse_images(image or ())
    write_package(bind_images(compiled_pipeline(pipeline), images), output)
    Console(soft_wrap=True).print(f"{output}: pipeline {pipeline}", highlight=False)


@app.command()
def components() -> None:
    """List the steps with their inputs, outputs and image role."""
    from slipway.launcher.component_table import component_table

    Console().print(component_table())


@app.command()
def environments(
    roles: Annotated[list[Role] | None, typer.Argument(help="Default: every role.")] = None,
) -> None:
    """Make the environments of the image roles, and print where they lie."""
    from slipway.launcher.environments import ensure_environment
    from slipway.launcher.progress import installing

    for role in roles or list(Role):
        path = ensure_environment(role, installing(Console(stderr=True), role.value))
        typer.echo(f"{role.value} {path}")


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
) -> None:
    """Settings of every command."""
    if version:
        typer.echo(VERSION)
        raise typer.Exit
    logging.basicConfig(level=logging.DEBUG if debug else logging.WARNING)


def main() -> None:
    """Run the command line and end the process with its exit code."""
    command = typer.main.get_command(app)
    if isinstance(command, click.Group):
        command.add_command(StepGroup(name="step", help="Run one step alone, on files.", epilog=_EPILOG))
    arguments = sys.argv[1:]
    debug = "--debug" in arguments
    arguments = [item for item in arguments if item != "--debug"]
    sys.exit(_run(command, ["--debug", *arguments] if debug else arguments, debug))


def _run(command: Any, arguments: list[str], debug: bool) -> int:
    try:
        code = command.main(arguments, prog_name="slipway", standalone_mode=False)
        return int(code or ExitCode.OK)
    except click.ClickException as error:
        error.show()
        return int(ExitCode.USAGE)
    except (click.Abort, KeyboardInterrupt):
        typer.echo("stopped", err=True)
        return int(ExitCode.INTERNAL)
    except SlipwayError as error:
        message, code = str(error), error.exit_code
    except Exception as error:  # noqa: BLE001 - the last place where an error can become a message
        message, code = f"internal error: {type(error).__name__}: {error} (--debug shows where)", ExitCode.INTERNAL
    if debug:
        traceback.print_exc()
    typer.echo(f"slipway: {message}", err=True)
    return int(code)


def _given(**values: Any) -> dict[str, Any]:
    """Those of ``values`` that were given."""
    return {name: value for name, value in values.items() if value not in (None, [], {})}


if __name__ == "__main__":
    main()
