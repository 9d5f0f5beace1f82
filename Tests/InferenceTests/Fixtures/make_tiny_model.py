"""Writes the tiny model that the inference tests run on: random weights, the shipped models' format.

Evidence for the Swift side, so it shares nothing with it: the arithmetic of docs/model-format.md is
written here once more, in numpy's 64-bit integers. Every shape the format knows occurs: a strided stem,
a plain residual block, a strided block with a shortcut convolution, crops, negative minimums.

    python make_tiny_model.py [folder]        (default: tiny/ beside this file)
"""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

LEADS = ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"]
WEIGHT_MAXIMUM = 63
FRAME_STRIDE, RECEPTIVE_FIELD, WINDOW_FRAMES, MINIMUM_FRAMES = 4, 25, 12, 3
WINDOW_SAMPLES = (WINDOW_FRAMES - 1) * FRAME_STRIDE + RECEPTIVE_FIELD


def layer(name, source, kernel, stride, channels, crop=0, minimum=0, shift=22, skip=None, skip_crop=0):
    description = {
        "name": name, "input": source, "kernel": kernel, "stride": stride, "crop": crop,
        "inputChannels": channels[0], "outputChannels": channels[1],
        "minimum": minimum, "maximum": 127, "shift": shift,
    }
    if skip is not None:
        description |= {"skip": skip, "skipCrop": skip_crop}
    return description


LAYERS = [
    layer("stem", "input", 5, 2, (12, 8)),
    layer("layer1.0.conv1", "stem", 3, 1, (8, 8)),
    layer("layer1.0.conv2", "layer1.0.conv1", 3, 1, (8, 8), skip="stem", skip_crop=2),
    layer("layer2.0.conv1", "layer1.0.conv2", 3, 2, (8, 10)),
    layer("layer2.0.shortcut", "layer1.0.conv2", 1, 2, (8, 10), crop=1, minimum=-127, shift=20),
    layer("layer2.0.conv2", "layer2.0.conv1", 3, 1, (10, 10), skip="layer2.0.shortcut", skip_crop=1),
]
EMBEDDING_WIDTH = LAYERS[-1]["outputChannels"]

STATEMENTS = [
    {"code": "NORM", "name": "normal ECG", "group": "diagnostic", "needs": "twelveLeads",
     "threshold": 0.5, "trainingPositives": 900},
    {"code": "AFIB", "name": "atrial fibrillation", "group": "rhythm", "needs": "limbLead",
     "threshold": 0.25, "trainingPositives": 77},
    {"code": "STE_", "name": "non-specific ST elevation", "group": "form", "needs": "twelveLeads",
     "threshold": 0.125, "trainingPositives": 4},
]


def high_pass(sample_rate=100.0, frequency=0.5):
    """Second-order Butterworth high-pass by the bilinear transform."""
    warped = np.tan(np.pi * frequency / sample_rate)
    norm = 1 + np.sqrt(2) * warped + warped * warped
    b = [1 / norm, -2 / norm, 1 / norm]
    a = [1.0, 2 * (warped * warped - 1) / norm, (1 - np.sqrt(2) * warped + warped * warped) / norm]
    return [float(v) for v in b], [float(v) for v in a]


def make_tensors(generator):
    tensors = {}
    for description in LAYERS:
        name, outputs, inputs = (description[k] for k in ("name", "outputChannels", "inputChannels"))
        fan_in = description["kernel"] * inputs
        shape = (outputs, description["kernel"], inputs)
        tensors[name + ".weight"] = generator.integers(-WEIGHT_MAXIMUM, WEIGHT_MAXIMUM + 1, shape, dtype=np.int8)
        tensors[name + ".bias"] = generator.integers(-20_000, 20_000, outputs, dtype=np.int32)
        # The accumulator's spread over the random weights comes out near 60 codes.
        spread = 36.0 * 40.0 * np.sqrt(fan_in)
        scale = 60.0 / spread * 2.0 ** description["shift"]
        low, high = int(0.6 * scale), int(1.6 * scale)
        tensors[name + ".multiplier"] = generator.integers(low, high, outputs, dtype=np.int32)
        if "skip" in description:
            one = 2 ** description["shift"]
            tensors[name + ".skipMultiplier"] = generator.integers(one // 3, one, outputs, dtype=np.int32)
    tensors["head.weight"] = generator.normal(0, 2.0, (len(STATEMENTS), EMBEDDING_WIDTH)).astype(np.float32)
    tensors["head.mask"] = generator.normal(0, 0.2, (len(STATEMENTS), len(LEADS))).astype(np.float32)
    tensors["head.bias"] = generator.normal(-1, 0.5, len(STATEMENTS)).astype(np.float32)
    return tensors


def run(tensors, inputs):
    """All activations [time][channel] by layer name, int64."""
    outputs = {"input": inputs.astype(np.int64)}
    for description in LAYERS:
        name, source = description["name"], outputs[description["input"]]
        weight = tensors[name + ".weight"].astype(np.int64)
        crop, stride, kernel = (description[k] for k in ("crop", "stride", "kernel"))
        length = (len(source) - crop - kernel) // stride + 1
        skip = None
        if "skip" in description:
            skip = outputs[description["skip"]][description["skipCrop"]:]
            length = min(length, len(skip))
        result = np.zeros((length, description["outputChannels"]), dtype=np.int64)
        for t in range(length):
            window = source[crop + t * stride : crop + t * stride + kernel]
            accumulator = tensors[name + ".bias"].astype(np.int64) + np.einsum("oki,ki->o", weight, window)
            assert np.abs(accumulator).max() < 2**31
            value = accumulator * tensors[name + ".multiplier"].astype(np.int64)
            if skip is not None:
                value += skip[t] * tensors[name + ".skipMultiplier"].astype(np.int64)
            value = (value + (1 << (description["shift"] - 1))) >> description["shift"]
            result[t] = np.clip(value, description["minimum"], description["maximum"])
        outputs[name] = result
    return outputs


def logits(tensors, embedding, frames, mask, embedding_scale):
    """Plain double arithmetic in index order, starting from the bias."""
    result = []
    for statement in range(len(STATEMENTS)):
        total = float(tensors["head.bias"][statement])
        for lead in range(len(LEADS)):
            total += float(tensors["head.mask"][statement][lead]) * float(mask[lead])
        for channel in range(EMBEDDING_WIDTH):
            mean = float(embedding[channel]) * embedding_scale / float(frames)
            total += float(tensors["head.weight"][statement][channel]) * mean
        result.append(total)
    return np.array(result, dtype=np.float64)


def inputs_of_cases(generator):
    """Noise, extremes, a step, pulses; the last two with leads missing."""
    shape = (WINDOW_SAMPLES, len(LEADS))
    every = np.ones(len(LEADS), dtype=np.uint8)
    noise = generator.integers(-60, 61, shape, dtype=np.int8)
    extremes = generator.choice(np.array([-127, 127], dtype=np.int8), shape)
    step = np.zeros(shape, dtype=np.int8)
    step[WINDOW_SAMPLES // 2 :] = 90
    limb = every.copy()
    limb[6:] = 0
    pulses = np.zeros(shape, dtype=np.int8)
    pulses[5::19] = generator.integers(-120, 121, len(LEADS), dtype=np.int8)
    single = np.zeros(len(LEADS), dtype=np.uint8)
    single[1] = 1
    return [
        (noise, every), (extremes, every),
        ((step * limb).astype(np.int8), limb), ((pulses * single).astype(np.int8), single),
    ]


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "tiny"
    folder.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(20)
    tensors = make_tensors(generator)
    embedding_scale = 0.0123
    b, a = high_pass()
    preprocessing = {
        "format": "ecgclip-preprocessing/1", "sampleRateHz": 100,
        "resampler": {"kind": "kaiserSinc", "cutoffHz": 40.0, "halfWidthSeconds": 0.08, "kaiserBeta": 5.0},
        "highPass": {"kind": "biquad", "frequencyHz": 0.5, "b": b, "a": a},
        "startup": "steadyState", "unit": "mV",
    }
    graph = {
        "input": {"leads": LEADS, "sampleRateHz": 100, "millivoltsPerCode": 0.03},
        "frameStride": FRAME_STRIDE, "receptiveField": RECEPTIVE_FIELD,
        "windowFrames": WINDOW_FRAMES, "minimumFrames": MINIMUM_FRAMES,
        "embeddingWidth": EMBEDDING_WIDTH, "embeddingScale": embedding_scale,
        "weightMaximum": WEIGHT_MAXIMUM, "layers": LAYERS,
    }
    metadata = {
        "format": "ecgclip-model/1", "name": "tiny", "created": "2026-01-01", "training": "0" * 64,
        "preprocessing": json.dumps(preprocessing, indent=2), "graph": json.dumps(graph),
        "statements": json.dumps(STATEMENTS),
    }
    save_file(tensors, folder / "model.safetensors", metadata=metadata)

    golden = {}
    cases = inputs_of_cases(generator)
    for index, (codes, mask) in enumerate(cases):
        outputs = run(tensors, codes)
        frames = outputs[LAYERS[-1]["name"]]
        assert len(frames) == WINDOW_FRAMES, len(frames)
        embedding = frames.sum(axis=0)
        golden[f"case{index}.input"] = codes
        golden[f"case{index}.mask"] = mask
        golden[f"case{index}.embedding"] = embedding.astype(np.int32)
        golden[f"case{index}.logits"] = logits(tensors, embedding, len(frames), mask, embedding_scale)
        if index == 0:
            for description in LAYERS:
                values = outputs[description["name"]]
                golden[f"case0.{description['name']}"] = values.astype(np.int8)
                used = f"{values.min()} .. {values.max()}, {np.mean(values == 0):.0%} zero"
                print(description["name"], values.shape, used, f"{np.mean(values == 127):.0%} full")
    save_file(golden, folder / "golden.safetensors", metadata={"cases": str(len(cases))})

    metrics = {"testSet": {"records": 0, "macroAUROC": None}, "note": "random weights"}
    (folder / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n")
    (folder / "card.md").write_text("# tiny\n\nRandom weights for the tests of the runtime. It knows nothing.\n")
    files = ["card.md", "golden.safetensors", "metrics.json", "model.safetensors"]
    lines = [f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in files]
    (folder / "SHA256SUMS").write_text("".join(lines))


if __name__ == "__main__":
    main()
