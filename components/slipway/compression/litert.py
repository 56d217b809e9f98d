"""Running LiteRT models: predictions of many examples, and the latency of one."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from slipway.contracts.compressions import Tensor

_WARM_UP_RUNS = 50
_ROUNDS = 10


class LiteRtModel:
    """A LiteRT model in memory, on one thread, with the default delegate of the CPU (XNNPACK)."""

    def __init__(self, content: bytes) -> None:
        """Load a model that has the signature ``serving_default`` alone."""
        self._content = content
        interpreter = Interpreter(model_content=content, num_threads=1)
        signature = interpreter.get_signature_runner()
        inputs, outputs = signature.get_input_details(), signature.get_output_details()
        self.inputs = tuple(_tensor(name, detail) for name, detail in sorted(inputs.items()))
        self.outputs = tuple(_tensor(name, detail) for name, detail in sorted(outputs.items()))
        self._indices = {name: int(detail["index"]) for name, detail in {**inputs, **outputs}.items()}

    def predict(self, features: Mapping[str, np.ndarray], batch_size: int = 4096) -> np.ndarray:
        """The only output for all rows, shape (rows, outputs), float32; quantized values are translated both ways.

        Args:
            features: shape (rows, width) by name of input, at least one row.
            batch_size: rows in one call.
        """
        interpreter = Interpreter(model_content=self._content, num_threads=1)
        rows = len(features[self.inputs[0].name])
        parts, prepared = [], 0
        for start in range(0, rows, batch_size):
            batch = {name: values[start : start + batch_size] for name, values in features.items()}
            size = min(batch_size, rows - start)
            if size != prepared:
                self._resize(interpreter, size)
                prepared = size
            parts.append(self._invoked(interpreter, batch))
        return np.concatenate(parts)

    def single(self, features: Mapping[str, np.ndarray]) -> Interpreter:
        """An interpreter that holds one example and is ready to be timed; ``features`` have shape (1, width)."""
        interpreter = Interpreter(model_content=self._content, num_threads=1)
        interpreter.allocate_tensors()
        self._invoked(interpreter, features)
        return interpreter

    def _invoked(self, interpreter: Interpreter, features: Mapping[str, np.ndarray]) -> np.ndarray:
        for tensor in self.inputs:
            interpreter.set_tensor(self._indices[tensor.name], quantized(features[tensor.name], tensor))
        interpreter.invoke()
        (output,) = self.outputs
        return dequantized(interpreter.get_tensor(self._indices[output.name]), output)

    def _resize(self, interpreter: Interpreter, rows: int) -> None:
        for tensor in self.inputs:
            interpreter.resize_tensor_input(self._indices[tensor.name], [rows, *tensor.shape[1:]])
        interpreter.allocate_tensors()


def median_latencies(interpreters: Sequence[Interpreter], runs: int) -> list[float]:
    """Median milliseconds of ``invoke`` for each interpreter.

    The interpreters take turns, so that what else the machine does in the meantime meets all of them.

    Args:
        interpreters: each with its example set.
        runs: timed calls of each, spread over ten rounds.
    """
    for interpreter in interpreters:
        for _ in range(_WARM_UP_RUNS):
            interpreter.invoke()
    times: list[list[int]] = [[] for _ in interpreters]
    for turn in range(_ROUNDS):
        share = runs // _ROUNDS + (turn < runs % _ROUNDS)
        for interpreter, taken in zip(interpreters, times, strict=True):
            interpreter.invoke()
            for _ in range(share):
                start = time.perf_counter_ns()
                interpreter.invoke()
                taken.append(time.perf_counter_ns() - start)
    return [float(np.median(taken)) / 1e6 for taken in times]


def quantized(values: np.ndarray, tensor: Tensor) -> np.ndarray:
    """Values as the tensor stores them: round(value / scale) + zero_point within the range of its dtype."""
    if not tensor.scale:
        return np.ascontiguousarray(values, tensor.dtype)
    limits = np.iinfo(tensor.dtype)
    stored = np.round(values / tensor.scale) + tensor.zero_point
    return np.clip(stored, limits.min, limits.max).astype(tensor.dtype)


def dequantized(stored: np.ndarray, tensor: Tensor) -> np.ndarray:
    """What stored values stand for, float32."""
    if not tensor.scale:
        return stored.astype(np.float32)
    return ((stored.astype(np.float32) - tensor.zero_point) * np.float32(tensor.scale)).astype(np.float32)


def _tensor(name: str, detail: Mapping[str, Any]) -> Tensor:
    scale, zero_point = detail["quantization"]
    return Tensor(
        name=name,
        dtype=np.dtype(detail["dtype"]).name,
        shape=tuple(int(size) for size in detail["shape_signature"]),
        scale=float(scale),
        zero_point=int(zero_point),
    )
