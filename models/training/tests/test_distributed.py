"""Two processes compute what one does: losses, gradients and batch statistics of a joint training step."""

from __future__ import annotations

import os
import socket
from dataclasses import replace

import pytest

torch = pytest.importorskip("torch")

from tiny import RECIPE, TRAINING, cohort  # noqa: E402

from ecgclip_training import distributed, text_encoder, train  # noqa: E402

JOINT = replace(RECIPE, contrastive=1.0, dropout=0.0, epochs=1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def member(rank: int, world: int, port: int, folder: str, alignment: str) -> None:
    """One process of the group trains one step."""
    torch.set_num_threads(1)
    text_encoder.WORD_DROPOUT = 0.0
    os.environ |= {
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "WORLD_SIZE": str(world),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
    }
    with distributed.processes() as device:
        recipe = replace(JOINT, alignment=alignment)
        train.train(cohort(), TRAINING[:8], recipe, train.Path(folder), device=device)


@pytest.mark.parametrize("alignment", ["sigmoid", "infonce"])
def test_two_processes_take_the_step_of_one(tmp_path, monkeypatch, alignment):
    """One step of a joint training: the same loss, and through AdamW's first moments the same gradients. (Further steps
    part slowly: Adam divides gradients near zero by their own size.)"""
    monkeypatch.setattr(text_encoder, "WORD_DROPOUT", 0.0)
    train.train(cohort(), TRAINING[:8], replace(JOINT, alignment=alignment), tmp_path / "one")
    torch.multiprocessing.spawn(
        member, (2, free_port(), str(tmp_path / "two"), alignment), nprocs=2, join=True
    )
    one, two = (torch.load(tmp_path / run / "checkpoint.pt", weights_only=False) for run in ("one", "two"))
    losses = [
        float((tmp_path / run / "log.csv").read_text().split("loss=")[1].split(",")[0])
        for run in ("one", "two")
    ]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    assert two["model"].keys() == one["model"].keys()
    for name in (name for name in one["model"] if "running" in name):
        torch.testing.assert_close(two["model"][name], one["model"][name], rtol=1e-4, atol=1e-5, msg=name)
    first, second = (run["optimiser"]["state"] for run in (one, two))
    assert first.keys() == second.keys() and len(first) > 50
    for index in first:
        wanted, found = first[index]["exp_avg"], second[index]["exp_avg"]
        assert (wanted - found).abs().max() <= 1e-3 * wanted.abs().max() + 1e-8, index


def gather_member(rank: int, world: int, port: int, folder: str) -> None:
    torch.set_num_threads(1)
    os.environ |= {
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "WORLD_SIZE": str(world),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
    }
    with distributed.processes():
        torch.manual_seed(0)
        x = torch.randn(6, 4, 5, dtype=torch.float32)
        norm = distributed.GlobalBatchNorm(4)
        mine = x[rank::world].clone().requires_grad_()
        y = distributed.gathered(norm(mine).flatten(1))
        (y * torch.arange(y.numel()).reshape(y.shape)).sum().backward()
        torch.save(
            {"y": y.detach(), "x": mine.grad, "mean": norm.running_mean, "var": norm.running_var},
            f"{folder}/{rank}.pt",
        )


def test_gathering_and_batch_statistics_carry_gradients(tmp_path):
    """Against torch's own batch norm over the whole batch. Each process holds the whole loss, so the gradients that meet in a
    row are one for each process."""
    torch.multiprocessing.spawn(gather_member, (2, free_port(), str(tmp_path)), nprocs=2, join=True)
    torch.manual_seed(0)
    x = torch.randn(6, 4, 5).requires_grad_()
    norm = torch.nn.BatchNorm1d(4)
    y = norm(x).flatten(1)
    (y * torch.arange(y.numel()).reshape(y.shape)).sum().backward()
    for rank in range(2):
        found = torch.load(tmp_path / f"{rank}.pt")
        torch.testing.assert_close(found["y"], y.detach(), rtol=1e-5, atol=1e-5)
        torch.testing.assert_close(found["x"], 2 * x.grad[rank::2], rtol=1e-4, atol=1e-3)
        torch.testing.assert_close(found["mean"], norm.running_mean, rtol=1e-5, atol=1e-6)
        torch.testing.assert_close(found["var"], norm.running_var, rtol=1e-5, atol=1e-6)
