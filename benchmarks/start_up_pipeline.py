"""The tasks of the reference pipeline without their work: each imports what its step imports, and ends.

The same roles in the same order, so that it costs what the reference pipeline costs before and between its work.
"""

from kfp import dsl

from slipway.contracts import roles


@dsl.component(base_image=roles.LIGHT, install_kfp_package=False)
def ingest() -> None:
    """Import DuckDB and Arrow."""
    import slipway.steps.ingest.core
    import slipway.steps.ingest.summary  # noqa: F401


@dsl.component(base_image=roles.TFDV, install_kfp_package=False)
def validate() -> None:
    """Import TFDV."""
    import tensorflow_data_validation  # noqa: F401

    import slipway.steps.validate.core
    import slipway.steps.validate.outputs  # noqa: F401


@dsl.component(base_image=roles.TENSORFLOW, install_kfp_package=False)
def transform() -> None:
    """Import DuckDB and TensorFlow."""
    import slipway.steps.transform.core
    import slipway.steps.transform.summary  # noqa: F401


@dsl.component(base_image=roles.TENSORFLOW, install_kfp_package=False)
def tune() -> None:
    """Import TensorFlow and Optuna."""
    import slipway.steps.tune.core  # noqa: F401


@dsl.component(base_image=roles.TENSORFLOW, install_kfp_package=False)
def train_distributed() -> None:
    """Import TensorFlow."""
    import slipway.steps.train_distributed.core  # noqa: F401


@dsl.component(base_image=roles.TENSORFLOW, install_kfp_package=False)
def evaluate_slices() -> None:
    """Import TensorFlow."""
    import slipway.steps.evaluate_slices.core  # noqa: F401


@dsl.component(base_image=roles.TENSORFLOW, install_kfp_package=False)
def compress() -> None:
    """Import TensorFlow and LiteRT."""
    import slipway.steps.compress.core  # noqa: F401


@dsl.component(base_image=roles.LIGHT, install_kfp_package=False)
def push() -> None:
    """Import what copies to a store."""
    import slipway.steps.push.core  # noqa: F401


@dsl.pipeline(name="start-up")
def start_up() -> None:
    """One after the other, as the reference pipeline has them."""
    ingested = ingest()
    validated = validate().after(ingested)
    transformed = transform().after(validated)
    tuned = tune().after(transformed)
    trained = train_distributed().after(tuned)
    evaluated = evaluate_slices().after(trained)
    compressed = compress().after(evaluated)
    push().after(compressed)
