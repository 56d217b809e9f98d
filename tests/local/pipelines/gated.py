"""A small pipeline of somebody's own: a source, a gate, and what depends on it."""

from kfp import dsl

from slipway.contracts import roles


@dsl.component(base_image=roles.LIGHT, install_kfp_package=False)
def count(words: dsl.Output[dsl.Dataset], metrics: dsl.Output[dsl.Metrics], text: str = "a b c"):
    """Write words, one a line."""
    from pathlib import Path

    from slipway.contracts.errors import DataError

    if not text:
        raise DataError("text is empty; give at least one word")
    if text == "crash":
        raise RuntimeError("something nobody foresaw")
    Path(words.path).write_text("\n".join(text.split()))
    metrics.log_metric("words", len(text.split()))


@dsl.component(base_image=roles.LIGHT, install_kfp_package=False)
def judge(words: dsl.Input[dsl.Dataset], least: int = 2) -> bool:
    """Say whether there are enough words."""
    from pathlib import Path

    return len(Path(words.path).read_text().splitlines()) >= least


@dsl.component(base_image=roles.LIGHT, install_kfp_package=False)
def keep(words: dsl.Input[dsl.Dataset], kept: dsl.Output[dsl.Artifact]):
    """Copy the words, and say where the process stands."""
    import os
    import sys
    from pathlib import Path

    Path(kept.path).write_text(f"{sys.prefix}\n{os.getpid()}\n{Path(words.path).read_text()}")


@dsl.pipeline(name="gated")
def gated(text: str = "a b c", least: int = 2):
    """Count, judge, keep."""
    counted = count(text=text)
    judged = judge(words=counted.outputs["words"], least=least)
    with dsl.If(judged.output == True):  # noqa: E712
        keep(words=counted.outputs["words"])
