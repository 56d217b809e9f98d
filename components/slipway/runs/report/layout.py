"""Where the boxes and arrows of a pipeline's drawing go: layers, lanes and bends (Sugiyama, Tagawa, Toda 1981)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from itertools import pairwise

_SWEEPS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphLayout:
    """Boxes and arrows in units of one layer by one lane.

    Attributes:
        places: (layer, lane) of each box; a layer's lanes lie around 0, so that it is centred, and may be halves.
        arrows: the places that each arrow passes, from box to box; a long arrow bends where a box is in its way.
        layers: how many there are.
        lanes: boxes and passing arrows in the fullest layer.
    """

    places: dict[str, tuple[int, float]]
    arrows: tuple[tuple[tuple[int, float], ...], ...]
    layers: int
    lanes: int


def lay_out(dependencies: Mapping[str, Sequence[str]]) -> GraphLayout:
    """Lay out an acyclic graph; an arrow that others imply is left out.

    Args:
        dependencies: what each box waits for, all of it among the keys.
    """
    edges = direct_edges(dependencies)
    layer_of: dict[str, int] = {}
    for name in TopologicalSorter(dependencies).static_order():
        layer_of[name] = max((layer_of[source] + 1 for source, target in edges if target == name), default=0)
    chains = [_chain(source, target, layer_of) for source, target in edges]
    for chain in chains:
        layer_of |= {stop: layer_of[chain[0]] + index for index, stop in enumerate(chain) if stop not in layer_of}
    layers = [[name for name, layer in layer_of.items() if layer == index] for index in _layers(layer_of)]
    _untangle(layers, chains)
    places = {
        name: (index, position - (len(layer) - 1) / 2)
        for index, layer in enumerate(layers)
        for position, name in enumerate(layer)
    }
    return GraphLayout(
        places={name: places[name] for name in dependencies},
        arrows=tuple(tuple(places[stop] for stop in chain) for chain in chains),
        layers=len(layers),
        lanes=max((len(layer) for layer in layers), default=0),
    )


def direct_edges(dependencies: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    """Return the (source, target) pairs that no longer way implies; in order of target, then source."""
    before: dict[str, set[str]] = {}
    for name in TopologicalSorter(dependencies).static_order():
        before[name] = set(dependencies[name]).union(*(before[source] for source in dependencies[name]))
    return [
        (source, name)
        for name, sources in dependencies.items()
        for source in dict.fromkeys(sources)
        if not any(source in before[other] for other in sources if other != source)
    ]


def _layers(layer_of: Mapping[str, int]) -> range:
    return range(max(layer_of.values(), default=-1) + 1)


def _chain(source: str, target: str, layer_of: Mapping[str, int]) -> list[str]:
    """Return the arrow's stops: one for each layer it crosses, named so that no box can have the name."""
    between = range(layer_of[source] + 1, layer_of[target])
    return [source, *(f"{source}\0{target}\0{layer}" for layer in between), target]


def _untangle(layers: list[list[str]], chains: Sequence[Sequence[str]]) -> None:
    """Order each layer by the mean position of its neighbours in the layer before or after, in turns."""
    forward: dict[str, list[str]] = {}
    backward: dict[str, list[str]] = {}
    for chain in chains:
        for one, other in pairwise(chain):
            forward.setdefault(one, []).append(other)
            backward.setdefault(other, []).append(one)
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        order = range(1, len(layers)) if down else range(len(layers) - 2, -1, -1)
        for index in order:
            _sort(layers[index], layers[index - 1 if down else index + 1], backward if down else forward)


def _sort(layer: list[str], fixed: Sequence[str], neighbours: Mapping[str, Sequence[str]]) -> None:
    position = {name: index - (len(fixed) - 1) / 2 for index, name in enumerate(fixed)}
    own = {name: index - (len(layer) - 1) / 2 for index, name in enumerate(layer)}

    def mean(name: str) -> float:
        found = [position[other] for other in neighbours.get(name, ()) if other in position]
        return sum(found) / len(found) if found else own[name]

    layer.sort(key=mean)
