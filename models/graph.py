"""The network as an OpenVINO graph, made of a checkpoint's weights: `models.network` without PyTorch."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from openvino import Model, Node
from openvino import opset13 as op

from models.encoding import Batch
from models.errors import CheckpointError
from models.weights import Weights

__all__ = ["inputs", "stance_graph"]

_HIDDEN = np.float32(-1e9)  # what is added to the score of a piece that may not be looked at
# From rows, pieces, heads, width: what OpenVINO finds these orders in, it reads as one attention.
_BY_HEAD, _KEYS_BY_HEAD = np.array([0, 2, 1, 3]), np.array([0, 2, 3, 1])


def stance_graph(
    encoder: Mapping[str, Any], heads: Mapping[str, Sequence[str]], weights: Weights
) -> Model:
    """The graph from `inputs` to the logits of every head, (R, A, labels), in the heads' order.

    Raises:
        CheckpointError: the encoder has another activation than BERT's.
    """
    if (activation := encoder.get("hidden_act", "gelu")) != "gelu":
        raise CheckpointError(
            f"OpenVINO reads encoders with gelu here, not {activation}; HUDNA_RUNTIME=torch reads both."
        )
    return _Builder(encoder, weights).model(list(heads))


def inputs(batch: Batch) -> list[NDArray[Any]]:
    """What the graph reads of a batch, in its order; the mask as what is added to scores."""
    mask = np.where(batch.attention_mask, np.float32(0), _HIDDEN)
    return [batch.input_ids, batch.position_ids, mask, batch.markers, batch.mentions]


class _Builder:
    def __init__(self, encoder: Mapping[str, Any], weights: Weights) -> None:
        self._weights, self._epsilon = weights, encoder["layer_norm_eps"]
        self._layers, self._heads = encoder["num_hidden_layers"], encoder["num_attention_heads"]
        self._width = encoder["hidden_size"]

    def model(self, heads: Sequence[str]) -> Model:
        ids, positions = op.parameter([-1, -1], np.int32), op.parameter([-1, -1], np.int32)
        mask = op.parameter([-1, 1, -1, -1], np.float32)
        markers, mentions = op.parameter([-1, -1], np.int32), op.parameter([-1, -1, -1], np.float32)
        states = self._embedded(ids, positions)
        for number in range(self._layers):
            states = self._layer(f"bert.encoder.layer.{number}", states, mask)
        marker = op.gather(states, markers, _index(1), batch_dims=1)
        actors = op.concat([marker, op.matmul(mentions, states, False, False)], -1)
        logits = [self._head(f"heads.{head}", actors) for head in heads]
        return Model([op.result(each) for each in logits], [ids, positions, mask, markers, mentions])

    def _embedded(self, ids: Node, positions: Node) -> Node:
        name = "bert.embeddings"
        kinds = self._weights[f"{name}.token_type_embeddings.weight"]
        words = self._weights[f"{name}.word_embeddings.weight"] + kinds[0]  # all is of the first kind
        places = self._weights[f"{name}.position_embeddings.weight"]
        found = op.add(
            op.gather(op.constant(words), ids, _index(0)),
            op.gather(op.constant(places), positions, _index(0)),
        )
        return self._norm(f"{name}.LayerNorm", found)

    def _layer(self, name: str, states: Node, mask: Node) -> Node:
        attended = self._attended(f"{name}.attention.self", states, mask)
        joined = op.add(self._dense(f"{name}.attention.output.dense", attended), states)
        states = self._norm(f"{name}.attention.output.LayerNorm", joined)
        inner = op.gelu(self._dense(f"{name}.intermediate.dense", states), "erf")
        joined = op.add(self._dense(f"{name}.output.dense", inner), states)
        return self._norm(f"{name}.output.LayerNorm", joined)

    def _head(self, name: str, actors: Node) -> Node:
        return self._dense(f"{name}.4", op.gelu(self._dense(f"{name}.1", actors), "erf"))

    def _attended(self, name: str, states: Node, mask: Node) -> Node:
        scale = np.float32((self._width // self._heads) ** -0.5)  # of the scores; costs nothing here
        query = self._by_head(self._dense(f"{name}.query", states, scale), _BY_HEAD)
        key = self._by_head(self._dense(f"{name}.key", states), _KEYS_BY_HEAD)
        value = self._by_head(self._dense(f"{name}.value", states), _BY_HEAD)
        scores = op.add(op.matmul(query, key, False, False), mask)
        mixed = op.matmul(op.softmax(scores, -1), value, False, False)
        return _shaped(op.transpose(mixed, _BY_HEAD), [0, 0, self._width])

    def _by_head(self, states: Node, order: NDArray[np.int64]) -> Node:
        parts = _shaped(states, [0, 0, self._heads, self._width // self._heads])
        return op.transpose(parts, order)

    def _dense(self, name: str, states: Node, scale: np.float32 | None = None) -> Node:
        weight, bias = (self._weights[f"{name}.{part}"] for part in ("weight", "bias"))
        if scale is not None:
            weight, bias = weight * scale, bias * scale
        return op.add(op.matmul(states, op.constant(weight), False, True), op.constant(bias))

    def _norm(self, name: str, states: Node) -> Node:
        weight, bias = (self._weights[f"{name}.{part}"] for part in ("weight", "bias"))
        even = op.mvn(states, np.array([-1]), True, self._epsilon, "inside_sqrt")
        return op.add(op.multiply(even, op.constant(weight)), op.constant(bias))


def _shaped(states: Node, shape: list[int]) -> Node:
    """`states` in another shape, in which 0 stands for the size that is there."""
    return op.reshape(states, np.array(shape), True)


def _index(place: int) -> Node:
    return op.constant(np.array(place, dtype=np.int64))
