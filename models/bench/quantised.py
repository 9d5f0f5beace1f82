"""int8 files of a model folder's model.onnx, as each runtime's own tool makes them from the very same float weights.

Ranges come from seeded noise with an ECG's bandwidth: they decide accuracy, never speed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx

WINDOWS = 8


def windows(samples: int, seed: int) -> Iterator[np.ndarray]:
    """Low-passed noise of about an ECG's amplitude, [1][12][samples] in millivolts."""
    generator = np.random.default_rng(seed)
    for _ in range(WINDOWS):
        noise = generator.standard_normal((12, samples + 8))
        smooth = np.stack([np.convolve(lead, np.ones(9) / 9, "valid") for lead in noise])
        yield (smooth / smooth.std() * 0.4).astype(np.float32)[None]


def encoder_of(model: Path, target: Path) -> int:
    """Writes the encoder without the head, for one window at a time; returns the window's samples."""
    onnx.utils.extract_model(model, target, ["input"], ["embedding"])
    encoder = onnx.load(target)
    for value in [*encoder.graph.input, *encoder.graph.output]:
        value.type.tensor_type.shape.dim[0].dim_value = 1
    onnx.save(encoder, target)
    return encoder.graph.input[0].type.tensor_type.shape.dim[2].dim_value


def for_onnxruntime(encoder: Path, target: Path, samples: int) -> None:
    """QDQ, unsigned activations, seven-bit weights per channel: the fastest exact form on x86 (reduce_range)."""
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Reader(CalibrationDataReader):
        def __init__(self) -> None:
            self.windows = windows(samples, 1000)

        def get_next(self) -> dict[str, np.ndarray] | None:
            window = next(self.windows, None)
            return None if window is None else {"input": window}

    prepared = target.with_suffix(".prepared.onnx")
    quant_pre_process(encoder, prepared, skip_symbolic_shape=True)
    quantize_static(
        prepared,
        target,
        Reader(),
        quant_format=QuantFormat.QDQ,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        per_channel=True,
        reduce_range=True,
    )
    prepared.unlink()


def for_openvino(encoder: Path, target: Path, samples: int) -> None:
    import nncf
    import openvino

    model = openvino.convert_model(encoder)
    model.reshape([1, 12, samples])
    calibration = nncf.Dataset(list(windows(samples, 1000)))
    openvino.save_model(nncf.quantize(model, calibration, subset_size=WINDOWS), target)


def make(model: Path, folder: Path) -> None:
    """Writes the files of a model's runtimes that are missing in `folder`, and one input for all."""
    folder.mkdir(parents=True, exist_ok=True)
    encoder = folder / "encoder.onnx"
    samples = encoder_of(model / "model.onnx", encoder)
    for name, write in (("onnxruntime.onnx", for_onnxruntime), ("openvino.xml", for_openvino)):
        target = folder / name
        if not target.exists() or target.stat().st_mtime < (model / "model.onnx").stat().st_mtime:
            write(encoder, target, samples)
    np.save(folder / "input.npy", next(windows(samples, 7)))
