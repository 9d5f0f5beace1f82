"""Writes what the float network is compared with.

onnx-r18.safetensors: what onnxruntime makes of models/ecgclip-r18/model.onnx on the golden inputs, which are
synthetic. float-valid/ and float-padded/: small random networks with float weights alone, and what 64-bit numpy,
sample by sample, makes of them (expected.safetensors). Between them every shape that the format knows occurs.

    python make_float_reference.py        (needs numpy, safetensors, onnxruntime)
"""

import hashlib
import json
from pathlib import Path

import numpy as np
import onnxruntime
from make_tiny_model import LEADS, STATEMENTS, high_pass
from safetensors.numpy import load_file, save_file

FOLDER = Path(__file__).parent
SHIPPED = FOLDER.parents[2] / "models" / "ecgclip-r18"
MILLIVOLTS_PER_CODE = 0.03


def layer(name, source, kernel, stride, channels, relu=True, **more):
    description = {
        "name": name, "input": source, "kernel": kernel, "stride": stride, "crop": 0,
        "inputChannels": channels[0], "outputChannels": channels[1],
        "minimum": 0 if relu else -127, "maximum": 127, "shift": 20,
    }
    return description | more


VALID = {
    "frameStride": 4, "receptiveField": 27, "windowFrames": 9, "minimumFrames": 3, "pooling": "spread",
    "layers": [
        layer("mix", "input", 3, 1, (12, 12), skip="input", skipCrop=1),
        layer("stem", "mix", 5, 2, (12, 8)),
        layer("layer1.0.conv1", "stem", 3, 1, (8, 6)),
        layer("layer1.0.conv2", "layer1.0.conv1", 3, 1, (6, 8), skip="stem", skipCrop=2),
        layer("layer2.0.conv1", "layer1.0.conv2", 3, 2, (8, 7)),
        layer("layer2.0.shortcut", "layer1.0.conv2", 1, 2, (8, 10), relu=False, crop=1),
        layer("layer2.0.conv2", "layer2.0.conv1", 3, 1, (7, 10), skip="layer2.0.shortcut", skipCrop=1),
    ],
}
PADDED = {
    "frameStride": 4, "receptiveField": 27, "windowFrames": 13, "minimumFrames": 3, "pooling": "mean",
    "windowSamples": 50,
    "layers": [
        layer("stem", "input", 7, 2, (12, 8), padding=3),
        layer("layer1.0.conv1", "stem", 3, 1, (8, 8), padding=1),
        layer("layer1.0.conv2", "layer1.0.conv1", 3, 1, (8, 8), padding=1, skip="stem", skipCrop=0),
        layer("layer2.0.conv1", "layer1.0.conv2", 3, 2, (8, 10), padding=1),
        layer("layer2.0.shortcut", "layer1.0.conv2", 1, 2, (8, 10), relu=False),
        layer("layer2.0.conv2", "layer2.0.conv1", 3, 1, (10, 10), padding=1, skip="layer2.0.shortcut", skipCrop=0),
    ],
}


def evaluate(graph, tensors, codes):
    """Every layer's output [time][channel], by the definition, in 64 bits."""
    outputs = {"input": codes.astype(np.float64) * MILLIVOLTS_PER_CODE}
    for one in graph["layers"]:
        weight = tensors[one["name"] + ".weight"].astype(np.float64)
        source, zeros = outputs[one["input"]], one.get("padding", 0)
        skip = outputs[one["skip"]][one["skipCrop"]:] if "skip" in one else None
        rows = []
        for first in range(one["crop"] - zeros, len(source) + zeros - one["kernel"] + 1, one["stride"]):
            if skip is not None and len(rows) == len(skip):
                break
            row = tensors[one["name"] + ".bias"].astype(np.float64).copy()
            for tap in range(one["kernel"]):
                if 0 <= first + tap < len(source):
                    row += weight[:, :, tap] @ source[first + tap]
            if skip is not None:
                row += skip[len(rows)]
            rows.append(np.maximum(row, 0) if one["minimum"] == 0 else row)
        outputs[one["name"]] = np.array(rows)
    return outputs


def write_network(name, given, generator):
    width = given["layers"][-1]["outputChannels"] * (2 if given["pooling"] == "spread" else 1)
    graph = {
        "input": {"leads": LEADS, "sampleRateHz": 100, "millivoltsPerCode": MILLIVOLTS_PER_CODE},
        "embeddingWidth": width, "embeddingScale": 0.0123, "weightMaximum": 63, **given,
    }
    tensors = {}
    for one in graph["layers"]:
        shape = (one["outputChannels"], one["inputChannels"], one["kernel"])
        scale = np.sqrt(1.5 / (one["inputChannels"] * one["kernel"]))
        tensors[one["name"] + ".weight"] = generator.normal(0, scale, shape).astype(np.float32)
        tensors[one["name"] + ".bias"] = generator.normal(0, 0.2, one["outputChannels"]).astype(np.float32)
    tensors["head.weight"] = generator.normal(0, 1.0, (len(STATEMENTS), width)).astype(np.float32)
    tensors["head.mask"] = generator.normal(0, 0.2, (len(STATEMENTS), 12)).astype(np.float32)
    tensors["head.bias"] = generator.normal(-1, 0.5, len(STATEMENTS)).astype(np.float32)
    b, a = high_pass()
    preprocessing = {
        "format": "ecgclip-preprocessing/1", "sampleRateHz": 100,
        "resampler": {"kind": "kaiserSinc", "cutoffHz": 40.0, "halfWidthSeconds": 0.08, "kaiserBeta": 5.0},
        "highPass": {"kind": "biquad", "frequencyHz": 0.5, "b": b, "a": a}, "startup": "steadyState", "unit": "mV",
    }
    metadata = {
        "format": "ecgclip-float/1", "name": name, "created": "2026-01-01", "training": "0" * 64,
        "preprocessing": json.dumps(preprocessing), "graph": json.dumps(graph), "statements": json.dumps(STATEMENTS),
    }
    folder = FOLDER / name
    folder.mkdir(exist_ok=True)
    save_file(tensors, folder / "float.safetensors", metadata=metadata)
    samples = given.get("windowSamples", (given["windowFrames"] - 1) * given["frameStride"] + given["receptiveField"])
    codes = generator.integers(-127, 128, (samples, 12), dtype=np.int8)
    outputs = evaluate(graph, tensors, codes)
    frames = outputs[graph["layers"][-1]["name"]]
    assert len(frames) == given["windowFrames"], len(frames)
    features = np.concatenate([frames.mean(0), frames.std(0)])[:width]
    mask = np.array([1, 1, 0] * 4)
    logits = tensors["head.weight"].astype(np.float64) @ features + tensors["head.bias"] + tensors["head.mask"] @ mask
    expected = {f"layer.{key}": value for key, value in outputs.items() if key != "input"}
    expected |= {"input": codes, "features": features, "logits": logits}
    save_file(expected, folder / "expected.safetensors")
    names = ["expected.safetensors", "float.safetensors"]
    lines = [f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in names]
    (folder / "SHA256SUMS").write_text("".join(lines))


def write_onnx():
    network = (SHIPPED / "model.onnx").read_bytes()
    header = (SHIPPED / "model.safetensors").read_bytes()
    metadata = json.loads(header[8 : 8 + int.from_bytes(header[:8], "little")])["__metadata__"]
    unit = json.loads(metadata["graph"])["input"]["millivoltsPerCode"]
    session = onnxruntime.InferenceSession(network, providers=["CPUExecutionProvider"])
    golden, found = load_file(SHIPPED / "golden.safetensors"), {}
    for case in range(sum(name.endswith(".input") for name in golden)):
        x = (golden[f"case{case}.input"].T[None].astype(np.float64) * unit).astype(np.float32)
        mask = golden[f"case{case}.mask"][None].astype(np.float32)
        embedding, logits = session.run(["embedding", "logits"], {"input": x, "mask": mask})
        found |= {f"case{case}.embedding": embedding[0], f"case{case}.logits": logits[0]}
    sha256 = hashlib.sha256(network).hexdigest()
    save_file(found, FOLDER / "onnx-r18.safetensors", metadata={"model.onnx": sha256})


if __name__ == "__main__":
    generator = np.random.default_rng(4)
    write_network("float-valid", VALID, generator)
    write_network("float-padded", PADDED, generator)
    write_onnx()
