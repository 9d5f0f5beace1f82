"""The ONNX file in onnxruntime gives the logits of the float network."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
runtime = pytest.importorskip("onnxruntime")

from model_folder import read  # noqa: E402

from ecgclip_training import onnx_file  # noqa: E402
from ecgclip_training.calibrate import Calibration  # noqa: E402
from ecgclip_training.finish import float_features, set_head  # noqa: E402
from ecgclip_training.infer import codes_of, head_of  # noqa: E402
from ecgclip_training.model import StatementModel  # noqa: E402
from ecgclip_training.prune import norms  # noqa: E402
from ecgclip_training.quantise import FloatLayer, float_layers, quantise, run_float  # noqa: E402
from ecgclip_training.shape import Shape  # noqa: E402

SHIPPED = Path(__file__).resolve().parents[2] / "ecgclip-r18"
PRUNED = Shape("r18", (16, 16, 24, 32), (16, 24, 16, 16, 24, 24, 40, 32))


@pytest.mark.parametrize("pooling", ["mean", "spread"])
@pytest.mark.parametrize("shape", [PRUNED, Shape.of("r34", 8)], ids=["pruned", "r34"])
def test_onnxruntime_gives_the_same_logits(tmp_path, shape, pooling):
    torch.manual_seed(2)
    net = StatementModel(3, shape, pooling).eval()
    for _, norm in norms(net):
        norm.running_mean.normal_(0, 0.2)
        norm.running_var.uniform_(0.5, 2)
        norm.bias.data.uniform_(0.1, 0.5)
    signals = np.random.default_rng(1).normal(0, 0.5, (4, 12, 992)).astype(np.float32)
    layers = float_layers(net)
    ranges = {layer.name: 4.0 for layer in layers}
    integer = quantise(shape, pooling, layers, ranges, 0.035, codes_of(signals, shape, 0.035))
    set_head(integer, net, np.arange(3), Calibration(0.9, np.array([0.1, 0, -0.2]), np.full(3, 0.5)))
    onnx_file.save(tmp_path / "model.onnx", layers, integer, ["A", "B", "C"])
    session = runtime.InferenceSession(tmp_path / "model.onnx", providers=["CPUExecutionProvider"])
    x = codes_of(signals, shape, 0.035).transpose(0, 2, 1).astype(np.float32) * np.float32(0.035)
    embedding, logits = session.run(None, {"input": x, "mask": np.ones((4, 12), np.float32)})
    features = float_features(layers, integer, signals)
    np.testing.assert_allclose(embedding, features, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(logits, head_of(integer, features), rtol=1e-3, atol=1e-3)
    with torch.no_grad():
        plain = net(torch.from_numpy(x), torch.ones(4, 12)).numpy() * 0.9 + [0.1, 0, -0.2]
    np.testing.assert_allclose(logits, plain, rtol=1e-3, atol=1e-3)


def test_the_shipped_file_gives_the_logits_of_the_shipped_float_network():
    """On the golden inputs, with their masks of leads, layer by layer from float.safetensors."""
    metadata, tensors = read(SHIPPED / "float.safetensors")
    graph = json.loads(metadata["graph"])
    layers = [
        FloatLayer(
            entry["name"],
            entry["input"],
            entry["stride"],
            entry["crop"],
            entry["minimum"] == 0,
            tensors[f"{entry['name']}.weight"].copy(),
            tensors[f"{entry['name']}.bias"].copy(),
            entry.get("skip"),
            entry.get("skipCrop", 0),
        )
        for entry in graph["layers"]
    ]
    described, golden = read(SHIPPED / "golden.safetensors")
    cases = range(int(described["cases"]))
    codes = np.stack([golden[f"case{case}.input"].T for case in cases]).astype(np.float32)
    x = codes * np.float32(graph["input"]["millivoltsPerCode"])
    mask = np.stack([golden[f"case{case}.mask"] for case in cases]).astype(np.float32)
    frames = run_float(layers, torch.from_numpy(x))[layers[-1].name].double().numpy()
    features = np.concatenate([frames.mean(-1), frames.std(-1)], axis=1)
    wanted = features @ tensors["head.weight"].T + mask @ tensors["head.mask"].T + tensors["head.bias"]
    session = runtime.InferenceSession(SHIPPED / "model.onnx", providers=["CPUExecutionProvider"])
    embedding, logits = session.run(None, {"input": x, "mask": mask})
    np.testing.assert_allclose(embedding, features, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(logits, wanted, rtol=1e-3, atol=1e-3)
