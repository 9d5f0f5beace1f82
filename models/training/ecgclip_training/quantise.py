"""Float network to integers: batch norm folded, weights per output channel, activations per tensor, biases corrected.

The float graph is first written as a plain list of convolutions in the order of the integer layers; the same list is
evaluated in float with recorded ranges, and in integers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from .int8 import IntegerModel, Layer
from .model import StatementModel
from .shape import Shape

# Of three rounded weights within 127: each is rounded by a half at most.
PAIR_SUM_MAXIMUM = 125.5


@dataclass
class FloatLayer:
    """A convolution with folded batch norm; names as in the model file."""

    name: str
    input: str
    stride: int
    crop: int
    relu: bool
    weight: np.ndarray  # [out][in][kernel]
    bias: np.ndarray
    skip: str | None = None
    skip_crop: int = 0
    padding: int = 0

    def run(self, x: torch.Tensor, skip: torch.Tensor | None) -> torch.Tensor:
        weight, bias = torch.from_numpy(self.weight), torch.from_numpy(self.bias)
        y = nn.functional.conv1d(x[..., self.crop :], weight, bias, self.stride, self.padding)
        if skip is not None:
            y = y + skip[..., self.skip_crop : self.skip_crop + y.shape[-1]]
        return torch.relu(y) if self.relu else y


def fold(convolution: nn.Conv1d, norm: nn.BatchNorm1d) -> tuple[np.ndarray, np.ndarray]:
    """Weight and bias of a convolution followed by batch norm in evaluation mode."""
    with torch.no_grad():
        scale = norm.weight.double() / torch.sqrt(norm.running_var.double() + norm.eps)
        weight = convolution.weight.double() * scale[:, None, None]
        bias = norm.bias.double() - norm.running_mean.double() * scale
    return weight.float().numpy(), bias.float().numpy()


def float_layers(model: StatementModel) -> list[FloatLayer]:
    """The encoder as a list of convolutions."""
    encoder = model.encoder
    stem = encoder.stem.padding[0]
    layers = [FloatLayer("stem", "input", 2, 0, True, *fold(encoder.stem, encoder.norm), padding=stem)]
    previous = "stem"
    for key, block in encoder.blocks.items():
        name = key.replace("_", ".")
        first, second, shortcut = f"{name}.conv1", f"{name}.conv2", f"{name}.shortcut"
        padding = block.conv1.padding[0]
        weight, bias = fold(block.conv1, block.norm1)
        layers.append(FloatLayer(first, previous, block.stride, 0, True, weight, bias, padding=padding))
        skip, crop = previous, block.crop
        if block.shortcut is not None:
            weight, bias = fold(block.shortcut[0], block.shortcut[1])
            layers.append(FloatLayer(shortcut, previous, block.stride, block.crop, False, weight, bias))
            skip, crop = shortcut, 0
        weight, bias = fold(block.conv2, block.norm2)
        layers.append(FloatLayer(second, first, 1, 0, True, weight, bias, skip, crop, padding))
        previous = second
    return layers


def run_float(layers: list[FloatLayer], x: torch.Tensor) -> dict[str, torch.Tensor]:
    """Every layer's output, [record][channel][time]."""
    outputs = {"input": x}
    for layer in layers:
        outputs[layer.name] = layer.run(outputs[layer.input], outputs[layer.skip] if layer.skip else None)
    return outputs


def largest(layers: list[FloatLayer], batches: list[torch.Tensor], quantile: float) -> dict[str, float]:
    """Per layer the magnitude that so large a share of its values stays below, over all batches."""
    values: dict[str, list[float]] = {layer.name: [] for layer in layers}
    with torch.no_grad():
        for batch in batches:
            for name, y in run_float(layers, batch).items():
                if name != "input":
                    values[name].append(float(np.quantile(np.abs(y.numpy()), quantile)))
    return {name: float(np.max(found)) for name, found in values.items()}


def quantise(
    shape: Shape,
    pooling: str,
    layers: list[FloatLayer],
    ranges: dict[str, float],
    millivolts_per_code: float,
    calibration: np.ndarray,
    weight_maximum: int = 63,
    corrects: bool = True,
) -> IntegerModel:
    """Integers for every layer. With `corrects`, each bias takes up the mean error that quantisation leaves in the
    layer's output on the calibration codes [record][time][12], layer by layer in order."""
    scales = {"input": millivolts_per_code, **{name: value / 127 for name, value in ranges.items()}}
    integer = IntegerModel(shape, pooling, [], millivolts_per_code, scales[layers[-1].name], weight_maximum)
    outputs = {"input": calibration}
    x = torch.from_numpy(calibration.transpose(0, 2, 1).astype(np.float32) * np.float32(millivolts_per_code))
    with torch.no_grad():
        wanted = run_float(layers, x)
    for source in layers:
        layer = integer_layer(source, scales, weight_maximum)
        skip = outputs[source.skip] if source.skip else None
        got = layer.run(outputs[source.input], skip)
        if corrects:
            target = wanted[source.name].numpy().transpose(0, 2, 1)
            error = (target - got.astype(np.float32) * scales[source.name]).mean(axis=(0, 1))
            unit = scales[source.input] * layer_scales(source, weight_maximum)
            inside = ((got > layer.minimum) & (got < layer.maximum)).mean(axis=(0, 1)).clip(0.25, 1)
            layer.bias = (layer.bias + np.round(error / inside / unit)).astype(np.int32)
            got = layer.run(outputs[source.input], skip)
        outputs[source.name] = got
        integer.layers.append(layer)
    return integer


def layer_scales(layer: FloatLayer, weight_maximum: int) -> np.ndarray:
    """What a weight of 1 stands for, per output channel. Three steps at stride one are computed as pairs of windows from
    sums of weights (docs/model-format.md), exact where |g0 + g1 + g2| and |g0 - g1 + g2| stay within a byte."""
    scales = np.abs(layer.weight).max(axis=(1, 2)) / weight_maximum
    if layer.weight.shape[2] == 3 and layer.stride == 1:
        outer, inner = layer.weight[:, :, 0] + layer.weight[:, :, 2], layer.weight[:, :, 1]
        sums = (np.abs(outer) + np.abs(inner)).max(axis=1)
        scales = np.maximum(scales, sums / PAIR_SUM_MAXIMUM)
    return np.maximum(scales, 1e-8 / weight_maximum).astype(np.float64)


def integer_layer(layer: FloatLayer, scales: dict[str, float], weight_maximum: int) -> Layer:
    """Weights, bias and multipliers of one layer. The shift is the largest at which every multiplier stays below 2^30."""
    unit = layer_scales(layer, weight_maximum)
    weight = np.round(layer.weight / unit[:, None, None]).astype(np.int8).transpose(0, 2, 1)
    ratio = scales[layer.input] * unit / scales[layer.name]
    skip_ratio = scales[layer.skip] / scales[layer.name] if layer.skip else 0.0
    shift = int(np.floor(30 - np.log2(max(ratio.max(), skip_ratio))))
    shift = min(shift, 40)
    skip_multiplier = None
    if layer.skip:
        skip_multiplier = np.full(len(weight), round(skip_ratio * 2**shift), dtype=np.int32)
    return Layer(
        name=layer.name,
        input=layer.input,
        kernel=weight.shape[1],
        stride=layer.stride,
        crop=layer.crop,
        minimum=0 if layer.relu else -127,
        maximum=127,
        shift=shift,
        weight=np.ascontiguousarray(weight),
        bias=np.round(layer.bias / (scales[layer.input] * unit)).astype(np.int32),
        multiplier=np.round(ratio * 2.0**shift).astype(np.int32),
        skip=layer.skip,
        skip_crop=layer.skip_crop,
        skip_multiplier=skip_multiplier,
        padding=layer.padding,
    )
