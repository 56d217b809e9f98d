"""What TensorBoard is given is the history, epoch by epoch, and the same for equal trainings."""

import pytest
import tensorflow as tf

from slipway.storage.folders import content_digest
from slipway.training.tensorboard import write_logs

HISTORY = {"loss": (0.5, 0.25, 0.125), "eval_loss": (0.75, 0.5, 0.625), "accuracy": (0.5, 0.75, 1.0)}


def scalars(folder) -> dict[str, list[tuple[int, float]]]:
    """Step and value of each scalar, as TensorBoard's own reader finds them."""
    (file,) = folder.iterdir()
    found: dict[str, list[tuple[int, float]]] = {}
    for event in tf.compat.v1.train.summary_iterator(str(file)):
        for value in event.summary.value:
            found.setdefault(value.tag, []).append((event.step, value.simple_value))
    return found


def test_every_epoch_of_both_splits_is_there(tmp_path):
    write_logs(HISTORY, tmp_path / "logs")
    assert scalars(tmp_path / "logs" / "train") == {
        "epoch_loss": [(0, 0.5), (1, 0.25), (2, 0.125)],
        "epoch_accuracy": [(0, 0.5), (1, 0.75), (2, 1.0)],
    }
    assert scalars(tmp_path / "logs" / "validation") == {"epoch_loss": [(0, 0.75), (1, 0.5), (2, 0.625)]}


def test_equal_histories_give_equal_bytes(tmp_path):
    write_logs(HISTORY, tmp_path / "first")
    write_logs(HISTORY, tmp_path / "second")
    assert content_digest(tmp_path / "first") == content_digest(tmp_path / "second")


def test_a_name_that_tensorboard_looks_for(tmp_path):
    write_logs(HISTORY, tmp_path / "logs")
    (file,) = (tmp_path / "logs" / "train").iterdir()
    assert "tfevents" in file.name
    with pytest.raises(FileExistsError):
        write_logs(HISTORY, tmp_path / "logs")
