"""The textbook networks as models to measure speed with: as many frames as the padded ones, checked like any model."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch is not installed: training is not tested")
onnxruntime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")

from model_folder import ModelFolder, check_golden, read  # noqa: E402

from ecgclip_training import standard  # noqa: E402
from ecgclip_training.shape import Shape  # noqa: E402
from ecgclip_training.train import Recipe  # noqa: E402


@pytest.mark.parametrize(("kind", "length", "millions"), [("r18", 1000, 344), ("r34", 5000, 3497)])
def test_the_work_is_that_of_the_padded_network_and_a_little_more(kind, length, millions):
    shape, padded = standard.standard(kind, length), Shape.of(kind, 64, True).multiply_accumulates(length)
    assert round(padded / 1e6) == millions, "the networks that other runtimes were timed on"
    assert padded <= shape.multiply_accumulates() < 1.35 * padded
    assert shape.window_frames == -(-length // 16)


def test_a_folder_keeps_the_format_and_onnxruntime_agrees(tmp_path, monkeypatch):
    monkeypatch.setattr(standard, "WIDTH", 8)
    monkeypatch.setattr(standard.standard, "__defaults__", (8,))
    folder = standard.write("r18", 1000, tmp_path, "2026-01-01")
    assert folder.name == "r18-w8-12x1000" and check_golden(folder) >= 8
    model = ModelFolder.open(folder)
    assert model.graph["windowFrames"] == 63 and model.graph["pooling"] == "mean"
    _, golden = read(folder / "golden.safetensors")
    session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
    codes = golden["case0.input"].astype(np.float32) * np.float32(Recipe().millivolts_per_code)
    embedding, _ = session.run(None, {"input": codes.T[None], "mask": np.ones((1, 12), np.float32)})
    features = np.array(model.features(golden["case0.embedding"], 63))
    cosine = features @ embedding[0] / np.linalg.norm(features) / np.linalg.norm(embedding[0])
    assert cosine > 0.99 and features.max() > 0
