"""What export writes, read back by the format's words alone; and the same bytes when written again."""

from __future__ import annotations

import subprocess

import numpy as np
import pytest
from safetensors.numpy import load_file

torch = pytest.importorskip("torch")

from model_folder import ModelFolder, check_golden, read  # noqa: E402
from tiny import RECIPE, SHAPE, cohort  # noqa: E402

from ecgclip_training import export  # noqa: E402
from ecgclip_training.infer import codes_of  # noqa: E402
from ecgclip_training.model import StatementModel  # noqa: E402
from ecgclip_training.preprocessing import DEFINITION, Preprocessing  # noqa: E402
from ecgclip_training.quantise import float_layers, largest, quantise  # noqa: E402

STATEMENTS = [{"code": code, "name": code, "group": "form", "leadSets": [["II"]]} for code in "ABC"]


def write(folder):
    """A folder of the tiny net, and that net's float layers."""
    torch.manual_seed(6)
    model = StatementModel(3, SHAPE).eval()
    codes = codes_of(cohort().signals[:8], SHAPE, RECIPE.millivolts_per_code)
    x = torch.from_numpy(codes.transpose(0, 2, 1) * np.float32(RECIPE.millivolts_per_code))
    layers = float_layers(model)
    integer = quantise(
        SHAPE, "spread", layers, largest(layers, [x], 0.99999), RECIPE.millivolts_per_code, codes
    )
    weight = model.head.weight.detach().numpy()
    integer.head_weight, integer.head_mask = weight[:, :-12].copy(), weight[:, -12:].copy()
    integer.head_bias = model.head.bias.detach().numpy()
    folder.mkdir()
    said = ("tiny", integer, STATEMENTS, Preprocessing.load(), "0" * 64, "2026-01-02")
    export.save_int8(folder / "model.safetensors", *said)
    export.save_float(folder / "float.safetensors", layers, *said)
    export.save_golden(folder / "golden.safetensors", integer)
    export.save_manifest(folder)
    return layers


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "tiny"
    return folder, write(folder)


def test_every_golden_number_follows_from_the_model_file(written):
    assert check_golden(written[0]) >= 8


def test_the_golden_inputs_hold_silence_extremes_and_missing_leads():
    inputs, masks = export.golden_inputs(987)
    assert inputs.shape[1:] == (987, 12) and inputs.dtype == np.int8 and masks.dtype == np.uint8
    assert any(not case.any() for case in inputs)
    assert any((case == 127).all() for case in inputs) and any((case == -127).all() for case in inputs)
    assert inputs.min() == -127
    assert {6, 2} <= set(masks.sum(1).tolist())


def test_the_metadata_says_what_the_format_asks(written):
    model = ModelFolder.open(written[0])
    assert model.metadata["format"] == "ecgclip-model/1"
    assert model.metadata["preprocessing"] == DEFINITION.read_text()
    assert (model.metadata["name"], model.metadata["created"]) == ("tiny", "2026-01-02")
    assert model.statements == STATEMENTS
    graph = model.graph
    assert [graph[key] for key in ("frameStride", "receptiveField", "windowFrames", "minimumFrames")] == [
        16,
        219,
        49,
        10,
    ]
    for layer in graph["layers"]:
        shape = (layer["outputChannels"], layer["kernel"], layer["inputChannels"])
        assert model.tensors[f"{layer['name']}.weight"].shape == shape
        assert (f"{layer['name']}.skipMultiplier" in model.tensors) == ("skip" in layer)


def test_the_float_file_holds_the_folded_network(written):
    folder, layers = written
    metadata, tensors = read(folder / "float.safetensors")
    assert metadata == ModelFolder.open(folder).metadata | {"format": "ecgclip-float/1"}
    for layer in layers:
        np.testing.assert_array_equal(tensors[f"{layer.name}.weight"], layer.weight)
        np.testing.assert_array_equal(tensors[f"{layer.name}.bias"], layer.bias)


def test_the_same_network_gives_the_same_bytes(written, tmp_path):
    write(tmp_path / "tiny")
    for path in written[0].iterdir():
        assert path.read_bytes() == (tmp_path / "tiny" / path.name).read_bytes(), path.name


def test_the_safetensors_library_reads_the_file_too(written):
    _, tensors = read(written[0] / "model.safetensors")
    theirs = load_file(written[0] / "model.safetensors")
    assert theirs.keys() == tensors.keys()
    assert all(np.array_equal(theirs[name], tensors[name]) for name in tensors)


def test_sha256sum_accepts_the_manifest_and_sees_a_changed_file(written, tmp_path):
    folder = written[0]
    command = ["sha256sum", "--check", "--strict", "SHA256SUMS"]
    accepted = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    assert accepted.stdout.count(": OK") == 3
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    changed = bytearray((tmp_path / "model.safetensors").read_bytes())
    changed[-1] ^= 1
    (tmp_path / "model.safetensors").write_bytes(changed)
    refused = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert refused.returncode == 1 and "model.safetensors: FAILED" in refused.stdout


def test_the_digest_follows_sources_and_splits(tmp_path):
    (tmp_path / "a.py").write_text("one")
    first = export.training_digest(tmp_path, "0,1")
    assert export.training_digest(tmp_path, "0,2") != first
    (tmp_path / "a.py").write_text("two")
    assert export.training_digest(tmp_path, "0,1") != first
