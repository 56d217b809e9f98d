"""The Kubeflow Pipelines shell of sample."""

from kfp import dsl

from slipway.contracts import roles


@dsl.component(base_image=roles.LIGHT, install_kfp_package=False)
def sample(
    examples: dsl.Input[dsl.Dataset],
    sampled_examples: dsl.Output[dsl.Dataset],
    metrics: dsl.Output[dsl.Metrics],
    fraction: float,
    config: dict = {},
):
    """Keep a fraction of the rows of a table, for a pipeline that is tried out before it is run on everything.

    Args:
        examples: the table that ingest wrote.
        sampled_examples: the rows that were kept, with the splits and the order of the table.
        metrics: rows before and after, and after by split.
        fraction: share of the rows that is kept, in (0, 1].
        config: further settings of SampleConfig, such as {"group_column": "customer_id", "splits": ["train"]}.
    """
    from pathlib import Path

    from slipway.contracts.documents import parse
    from slipway.steps.sample.config import SampleConfig
    from slipway.steps.sample.core import Inputs, Outputs, run, write

    workspace = Path(sampled_examples.path).with_name(".workspace")
    inputs = Inputs(examples=Path(examples.path), workspace=workspace)
    result = run(inputs, parse(SampleConfig, config, fraction=fraction))
    write(result, Outputs(sampled_examples=Path(sampled_examples.path)))
    metrics.metadata.update(result.metrics)
    sampled_examples.metadata.update(result.facts)
