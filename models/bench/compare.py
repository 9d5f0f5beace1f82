"""Times ecgclip and other runtimes in turns on one core and prints the tables of the README.

    compare.py --program ../../.build/release/ecgclip --models FOLDER… [--rounds 20] [--json FILE]

Every runtime is a process of its own that waits but for its turn; in each round all of them run some windows, so a disturbance falls
on all. Processor time is the kernel's, of all threads of the process."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

import quantised

HERE = Path(__file__).resolve().parent
FEEDS = 4e9  # multiply-accumulates a turn: some tens of milliseconds


@dataclass
class Worker:
    """One runtime on one model."""

    name: str
    command: list[str]
    core: int
    environment: dict[str, str] = field(default_factory=dict)
    line: str = "run"
    times: list[float] = field(default_factory=list)
    milliseconds: float = 0.0

    def __post_init__(self) -> None:
        single = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        self.process = subprocess.Popen(
            ["taskset", "-c", str(self.core), *self.command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, **single, **self.environment},
        )
        self.milliseconds = self.ask("load")["load_ms"]
        self.ask(f"{self.line} 3")

    def ask(self, line: str) -> dict:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline() or '{"error": "the process ended"}')
        if "error" in answer:
            raise RuntimeError(f"{self.name}: {answer['error']}")
        return answer

    def turn(self, count: int) -> None:
        before = self.processor_nanoseconds()
        self.ask(f"{self.line} {count}")
        self.times.append((self.processor_nanoseconds() - before) / count)

    def processor_nanoseconds(self) -> int:
        tasks = Path(f"/proc/{self.process.pid}/task")
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks.iterdir())

    def resident_megabytes(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1024

    def end(self) -> None:
        self.process.kill()
        self.process.wait()

    @property
    def microseconds(self) -> float:
        return statistics.median(self.times) / 1e3


def workers(program: str, model: Path, folder: Path, core: int, kernels: list[str]) -> list[Worker]:
    """Ours for each set of kernels, then the others."""
    serve = [program, "bench", "--serve", "--model", str(model.resolve()), "--input", str(folder / "input.npy")]
    found = [Worker(f"ecgclip {name}", serve, core, {"ECGCLIP_KERNELS": name}) for name in kernels]
    for name in ("onnxruntime-int8", "openvino-int8", "onnxruntime-float"):
        command = [sys.executable, str(HERE / "engines.py"), name, str(folder)]
        # oneDNN, OpenVINO's kernels, can be held to an instruction set; ONNX Runtime cannot.
        found.append(Worker(name, command, core))
        if name == "openvino-int8":
            found.append(Worker(f"{name}, AVX2", command, core, {"ONEDNN_MAX_CPU_ISA": "AVX2"}))
    return found


def runs_here(program: str, kernels: str) -> bool:
    """Whether this processor has the instructions of a set of kernels."""
    environment = {**os.environ, "ECGCLIP_KERNELS": kernels}
    command = [program, "bench", "--windows", "1", "--seconds", "1"]
    return subprocess.run(command, env=environment, capture_output=True).returncode == 0


def cosine(a: list[float], b: list[float]) -> float:
    return float(np.dot(a, b) / (np.linalg.norm(a) * np.linalg.norm(b)))


def rounds_of(running: list[Worker], rounds: int, count: int) -> None:
    for number in range(rounds):
        first = number % len(running)
        for worker in running[first:] + running[:first]:
            worker.turn(count)


def compare(program: str, model: Path, core: int, rounds: int, kernels: list[str]) -> dict:
    folder = HERE / "artefacts" / model.name
    quantised.make(model, folder)
    work = json.loads((model / "metrics.json").read_text())["multiplyAccumulates"]
    running = workers(program, model, folder, core, kernels)
    reference = running[-1].ask("out")["out"]
    rounds_of(running, rounds, max(2, round(FEEDS / work)))
    result = {"model": model.name, "multiplyAccumulates": work, "engines": []}
    for worker in running:
        result["engines"].append(
            {
                "engine": worker.name,
                "cpuMicroseconds": worker.microseconds,
                "cosine": cosine(worker.ask("out")["out"], reference),
                "residentMegabytes": worker.resident_megabytes(),
                "loadMilliseconds": worker.milliseconds,
            }
        )
        worker.end()
    return result


def stream(program: str, model: Path, core: int, rounds: int, kernels: list[str]) -> list[dict]:
    """A second of a stream against a whole window each second, for every set of kernels."""
    rows = []
    for name in kernels:
        serve = [program, "bench", "--serve", "--model", str(model)]
        both = [Worker(name, serve, core, {"ECGCLIP_KERNELS": name}, line) for line in ("run", "stream")]
        rounds_of(both, rounds, 100)
        whole, second = (worker.microseconds for worker in both)
        rows.append({"kernel": name, "wholeWindowMicroseconds": whole, "streamSecondMicroseconds": second})
        for worker in both:
            worker.end()
    return rows


def table(result: dict) -> str:
    work = result["multiplyAccumulates"]
    ours = [row["cpuMicroseconds"] for row in result["engines"] if row["engine"].startswith("ecgclip")]
    lines = [
        f"\n{result['model']}: {work / 1e6:.1f} M multiply-accumulates\n",
        "| engine | CPU µs | GMAC/s | x of ours | cosine to float | resident MB | load ms |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in sorted(result["engines"], key=lambda row: row["cpuMicroseconds"]):
        time = row["cpuMicroseconds"]
        lines.append(
            f"| {row['engine']} | {time:.0f} | {work / time / 1e3:.1f} | {time / min(ours):.2f} "
            f"| {row['cosine']:.4f} | {row['residentMegabytes']:.1f} | {row['loadMilliseconds']:.1f} |"
        )
    return "\n".join(lines)


def bars(results: list[dict], streams: list[dict]) -> str:
    """What the fastest kernels reached against the bars of the project."""

    def time(result: dict, engine: str) -> float:
        return min(row["cpuMicroseconds"] for row in result["engines"] if row["engine"].startswith(engine))

    student, *dense = results
    lines = ["\n| processor time, ours over theirs | reached | must | aim |", "|---|---|---|---|"]
    for result in dense:
        for engine in ("onnxruntime-int8", "openvino-int8"):
            ratio = time(result, "ecgclip") / time(result, engine)
            lines.append(f"| {result['model']} against {engine} | {ratio:.2f} | 1.0 | 0.75 |")
    ratio = time(student, "ecgclip") / time(student, "onnxruntime-int8")
    lines.append(f"| {student['model']} against itself in onnxruntime-int8 | {ratio:.2f} | 0.7 | 0.5 |")
    for result in dense:
        if result["model"] == "r34-w64-12x1000":
            ratio = time(student, "ecgclip") / time(result, "onnxruntime-int8")
            work = student["multiplyAccumulates"] / result["multiplyAccumulates"]
            what = f"{student['model']} against {result['model']} in onnxruntime-int8, over the ratio of their work"
            lines.append(f"| {what} | {ratio / work:.2f} | 0.9 | 0.7 |")
    for row in streams:
        ratio = row["streamSecondMicroseconds"] / row["wholeWindowMicroseconds"]
        lines.append(
            f"| a second of a stream against a window each second, {row['kernel']} | {ratio:.3f} | 0.15 | 0.11 |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--program", required=True)
    parser.add_argument("--models", nargs="+", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--core", type=int, default=1)
    parser.add_argument("--kernels", nargs="+", default=["neon", "neondot", "avx2", "avxvnni", "avx512vnni"])
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    kernels = [name for name in given.kernels if runs_here(given.program, name)]
    if not kernels:
        parser.error(f"this processor runs none of {', '.join(given.kernels)}")
    results = []
    for model in given.models:
        results.append(compare(given.program, model, given.core, given.rounds, kernels))
        print(table(results[-1]), flush=True)
    streams = stream(given.program, given.models[0], given.core, given.rounds, kernels)
    print(bars(results, streams))
    if given.json:
        given.json.write_text(json.dumps({"models": results, "streams": streams}, indent=1) + "\n")


if __name__ == "__main__":
    main()
