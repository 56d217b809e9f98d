"""A pipeline of somebody's own that reads an artifact which no task of it made."""

from kfp import dsl

from slipway.contracts import roles


@dsl.component(base_image=roles.LIGHT, install_kfp_package=False)
def count(words: dsl.Input[dsl.Dataset], metrics: dsl.Output[dsl.Metrics]):
    """Count words, one a line."""
    from pathlib import Path

    metrics.log_metric("words", len(Path(words.path).read_text().splitlines()))


@dsl.pipeline(name="imported")
def imported(words_uri: str):
    """Import, count."""
    words = dsl.importer(artifact_uri=words_uri, artifact_class=dsl.Dataset)
    count(words=words.output)
