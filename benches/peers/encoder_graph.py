"""The shipped bundle's encoder and heads for `encoders.py`: weights as f32, a plain numpy forward, an ONNX graph."""

import json
import math
import pathlib

import numpy as np
from safetensors.numpy import load_file

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUNDLE = ROOT / "models/retail"
CONFIG = json.loads((BUNDLE / "config.json").read_text())
HIDDEN, HEADS, LAYERS = CONFIG["hidden_size"], CONFIG["num_attention_heads"], CONFIG["num_hidden_layers"]
VOCABULARY, EPSILON = CONFIG["vocab_size"], CONFIG["layer_norm_eps"]
NORMS = {"embeddings": "embeddings.LayerNorm", "attention": "attention.output.LayerNorm", "output": "output.LayerNorm"}


def load_weights():
    """All tensors as f32; a matrix of bytes is stored with one scale a row beside it."""
    stored = load_file(BUNDLE / "model.safetensors")
    weights = {name: tensor.astype(np.float32) for name, tensor in stored.items() if not name.endswith(".scale")}
    for name, scale in stored.items():
        if name.endswith(".scale"):
            weights[name.removesuffix(".scale")] *= scale[:, None]
    return weights


def reference(weights, ids):
    """Logits of one text without padding, written as plainly as possible: what every engine is checked against."""

    def linear(x, name):
        return x @ weights[name + ".weight"].T + weights[name + ".bias"]

    def norm(x, name):
        x = x - x.mean(-1, keepdims=True)
        x = x / np.sqrt((x * x).mean(-1, keepdims=True) + EPSILON)
        return x * weights[name + ".weight"] + weights[name + ".bias"]

    def gelu(x):
        return x * 0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)).astype(np.float32))

    def softmax(x):
        x = np.exp(x - x.max(-1, keepdims=True))
        return x / x.sum(-1, keepdims=True)

    tables = (weights[f"embeddings.{table}_embeddings.weight"] for table in ("word", "position", "token_type"))
    word, position, kind = tables
    x = norm(word[ids] + position[: len(ids)] + kind[0], NORMS["embeddings"])
    for layer in (f"encoder.layer.{i}." for i in range(LAYERS)):
        q, k, v = (linear(x, f"{layer}attention.self.{name}") for name in ("query", "key", "value"))
        parts = []
        for head in np.split(np.arange(HIDDEN), HEADS):
            scores = q[:, head] @ k[:, head].T / math.sqrt(HIDDEN // HEADS)
            parts.append(softmax(scores) @ v[:, head])
        attended = linear(np.concatenate(parts, 1), layer + "attention.output.dense")
        x = norm(x + attended, layer + NORMS["attention"])
        inner = gelu(linear(x, layer + "intermediate.dense"))
        x = norm(x + linear(inner, layer + "output.dense"), layer + NORMS["output"])
    return linear(x[0], "heads")


def export(weights, path):
    """The plain graph, as an exporter writes it: engines fuse it themselves."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    nodes, constants = [], {}

    def constant(name, value):
        constants[name] = numpy_helper.from_array(np.asarray(value), name)
        return name

    def node(kind, *inputs, **attributes):
        nodes.append(helper.make_node(kind, list(inputs), [f"{kind}_{len(nodes)}"], **attributes))
        return nodes[-1].output[0]

    def weight(name):
        return constant(name, weights[name])

    def linear(x, name):
        x = node("MatMul", x, constant(name + ".weight", weights[name + ".weight"].T))
        return node("Add", x, weight(name + ".bias"))

    def norm(x, name):
        return node("LayerNormalization", x, weight(name + ".weight"), weight(name + ".bias"), epsilon=EPSILON, axis=-1)

    split = constant("split", np.array([0, 0, HEADS, HIDDEN // HEADS]))  # 0: as in the input
    join = constant("join", np.array([0, 0, HIDDEN]))
    scale = constant("scale", np.float32(1 / math.sqrt(HIDDEN // HEADS)))
    absent = node("Sub", constant("one", np.float32(1)), node("Cast", "mask", to=TensorProto.FLOAT))
    bias = node("Mul", absent, constant("never", np.float32(-10000)))
    bias = node("Unsqueeze", bias, constant("axes", np.array([1, 2])))

    # Every piece is of type 0, so that row of the type table is added to all positions beforehand.
    table = weights["embeddings.position_embeddings.weight"] + weights["embeddings.token_type_embeddings.weight"][0]
    length = node("Shape", "ids", start=1, end=2)
    zero = constant("zero", np.array([0]))
    positions = node("Slice", constant("positions", table), zero, length, zero)
    x = norm(node("Add", node("Gather", weight("embeddings.word_embeddings.weight"), "ids"), positions), NORMS["embeddings"])
    for layer in (f"encoder.layer.{i}." for i in range(LAYERS)):
        q, k, v = (
            node("Transpose", node("Reshape", linear(x, f"{layer}attention.self.{name}"), split), perm=order)
            for name, order in (("query", [0, 2, 1, 3]), ("key", [0, 2, 3, 1]), ("value", [0, 2, 1, 3]))
        )
        scores = node("Add", node("Mul", node("MatMul", q, k), scale), bias)
        attended = node("MatMul", node("Softmax", scores, axis=-1), v)
        attended = node("Reshape", node("Transpose", attended, perm=[0, 2, 1, 3]), join)
        x = norm(node("Add", linear(attended, layer + "attention.output.dense"), x), layer + NORMS["attention"])
        inner = node("Gelu", linear(x, layer + "intermediate.dense"))
        x = norm(node("Add", linear(inner, layer + "output.dense"), x), layer + NORMS["output"])
    first = node("Gather", x, constant("first", np.array(0)), axis=1)
    logits = linear(first, "heads")

    graph = helper.make_graph(
        nodes, "encoder",
        [helper.make_tensor_value_info(name, TensorProto.INT64, ["B", "S"]) for name in ("ids", "mask")],
        [helper.make_tensor_value_info(logits, TensorProto.FLOAT, ["B", len(weights["heads.bias"])])],
        list(constants.values()),
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    onnx.checker.check_model(model)
    onnx.save(model, path)
