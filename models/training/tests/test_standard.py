"""The textbook networks as models to measure speed with: padded, checked like any model."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch is not installed: training is not tested")
onnxruntime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")

from model_folder import ModelFolder, check_golden, read  # noqa: E402

from ecgclip_training import standard  # noqa: E402
from ecgclip_training.model import StatementModel  # noqa: E402
from ecgclip_training.shape import Shape  # noqa: E402
from ecgclip_training.train import Recipe  # noqa: E402


@pytest.mark.parametrize(("kind", "length", "millions"), [("r18", 1000, 344), ("r34", 5000, 3497)])
def test_the_work_is_that_of_the_networks_that_other_runtimes_were_timed_on(kind, length, millions):
    shape = standard.standard(kind, length)
    assert round(shape.multiply_accumulates() / 1e6) == millions
    assert shape.window_samples == length and shape.window_frames == -(-length // 16)


def test_a_folder_keeps_the_format_and_onnxruntime_agrees(tmp_path, monkeypatch):
    monkeypatch.setattr(standard, "WIDTH", 8)
    monkeypatch.setattr(standard.standard, "__defaults__", (8,))
    folder = standard.write("r18", 1000, tmp_path, "2026-01-01")
    assert folder.name == "r18-w8-12x1000" and check_golden(folder) >= 8
    model = ModelFolder.open(folder)
    assert model.graph["windowFrames"] == 63 and model.graph["pooling"] == "mean"
    assert model.graph["windowSamples"] == 1000 and model.graph["layers"][0]["padding"] == 3
    _, golden = read(folder / "golden.safetensors")
    session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
    codes = golden["case0.input"].astype(np.float32) * np.float32(Recipe().millivolts_per_code)
    embedding, _ = session.run(None, {"input": codes.T[None], "mask": np.ones((1, 12), np.float32)})
    features = np.array(model.features(golden["case0.embedding"], 63))
    cosine = features @ embedding[0] / np.linalg.norm(features) / np.linalg.norm(embedding[0])
    assert cosine > 0.99 and features.max() > 0


def test_a_run_s_weights_are_taken_where_its_shape_is_dense(tmp_path, monkeypatch):
    shape = Shape.of("r18", 8)
    trained = StatementModel(1, shape, "mean")
    monkeypatch.setattr(standard, "load_average", lambda _: (SimpleNamespace(model=trained), None))
    folder = standard.write("r18", 1000, tmp_path, "2026-01-01", Path("runs/dense"))
    assert check_golden(folder) >= 8
    pruned = StatementModel(1, Shape("r18", shape.stages, (8,) * 8), "mean")
    monkeypatch.setattr(standard, "load_average", lambda _: (SimpleNamespace(model=pruned), None))
    with pytest.raises(ValueError, match="not a dense r18"):
        standard.write("r18", 1000, tmp_path, "2026-01-01", Path("runs/student"))
