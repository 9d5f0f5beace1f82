"""A process of one runtime and one model, asked line by line: `engines.py NAME FOLDER`.

load -> {"load_ms": milliseconds}, out -> {"out": [embedding]}, run N -> {"lat_ns": [N nanoseconds]}, quit. `ecgclip bench --serve`
answers the same lines."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

Run = Callable[[], np.ndarray]


def onnxruntime(folder: Path, name: str = "onnxruntime.onnx") -> Run:
    import onnxruntime as runtime

    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = runtime.InferenceSession(folder / name, options, providers=["CPUExecutionProvider"])
    feed = {"input": np.load(folder / "input.npy")}
    return lambda: session.run(None, feed)[0]


def floating(folder: Path) -> Run:
    return onnxruntime(folder, "encoder.onnx")


def openvino(folder: Path) -> Run:
    import openvino as runtime

    hints = {"INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1, "PERFORMANCE_HINT": "LATENCY"}
    hints["INFERENCE_PRECISION_HINT"] = "f32"
    compiled = runtime.Core().compile_model(folder / "openvino.xml", "CPU", hints)
    request, output = compiled.create_infer_request(), compiled.output(0)
    feed = [np.load(folder / "input.npy")]
    return lambda: request.infer(feed, share_inputs=True)[output]


ENGINES = {"onnxruntime-int8": onnxruntime, "openvino-int8": openvino, "onnxruntime-float": floating}


def serve(name: str, folder: Path) -> None:
    run: Run | None = None
    for line in sys.stdin:
        word, *rest = line.split()
        if word == "load":
            start = time.perf_counter_ns()
            run = ENGINES[name](folder)
            run()
            print(json.dumps({"load_ms": (time.perf_counter_ns() - start) / 1e6}), flush=True)
        elif word == "out" and run:
            print(json.dumps({"out": np.asarray(run(), np.float64).reshape(-1).tolist()}), flush=True)
        elif word == "run" and run:
            times = []
            for _ in range(int(rest[0])):
                start = time.perf_counter_ns()
                run()
                times.append(time.perf_counter_ns() - start)
            print(json.dumps({"lat_ns": times}), flush=True)
        elif word == "quit":
            return
        else:
            print(json.dumps({"error": f"unknown or too early: {word}"}), flush=True)


if __name__ == "__main__":
    serve(sys.argv[1], Path(sys.argv[2]))
