"""Pruning takes channels out for good: silent channels leave no trace, and the budget is met."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tiny import RECIPE, cohort  # noqa: E402

from ecgclip_training.model import StatementModel  # noqa: E402
from ecgclip_training.prune import importance, norms, prune, shrink  # noqa: E402
from ecgclip_training.shape import Shape  # noqa: E402
from ecgclip_training.train import make_batch  # noqa: E402

DENSE = Shape.of("r18", 32)


def model(shape: Shape = DENSE) -> StatementModel:
    torch.manual_seed(4)
    net = StatementModel(3, shape).eval()
    for _, norm in norms(net):
        norm.running_mean.normal_(0, 0.2)
        norm.running_var.uniform_(0.5, 2)
        norm.bias.data.uniform_(0.1, 0.5)
    return net


def test_silent_channels_are_removed_without_a_trace():
    """Half of every group is silenced in the dense network; the network without them gives the same logits."""
    net = model()
    rng = np.random.default_rng(0)
    ranks: dict[str, np.ndarray] = {}
    for key, norm in norms(net):
        ranks.setdefault(key, rng.permutation(norm.num_features) < norm.num_features // 2)
        silent = torch.from_numpy(~ranks[key])
        norm.weight.data[silent] = 0
        norm.bias.data[silent] = 0
    half = Shape("r18", (16, 32, 64, 128), (16, 16, 32, 32, 64, 64, 128, 128))
    small = prune(net, {key: values.astype(float) for key, values in ranks.items()}, half).eval()
    x, mask = torch.randn(2, 12, 987), torch.ones(2, 12)
    with torch.no_grad():
        torch.testing.assert_close(small(x, mask), net(x, mask), rtol=1e-4, atol=1e-5)
    assert sum(p.numel() for p in small.parameters()) < 0.3 * sum(p.numel() for p in net.parameters())


def test_the_budget_is_met_in_groups_of_eight():
    net = model()
    batches = [make_batch(cohort(), np.arange(8), RECIPE, epoch, 20) for epoch in range(2)]
    ranks = importance(net, batches)
    assert set(ranks) == {f"stage{k}" for k in range(4)} | set(net.encoder.blocks)
    budget = 30_000_000
    shape = shrink(DENSE, ranks, budget)
    assert 0.9 * budget < shape.multiply_accumulates() <= budget
    assert all(width % 8 == 0 and width >= 16 for width in (*shape.stages, *shape.inner))
    small = prune(net, ranks, shape)
    assert small(torch.zeros(1, 12, 987), torch.ones(1, 12)).shape == (1, 3)


def test_a_budget_that_cannot_be_met_is_refused():
    with pytest.raises(ValueError, match="1000 multiply-accumulates"):
        shrink(DENSE, {key: np.ones(norm.num_features) for key, norm in norms(model())}, 1000)


@pytest.mark.parametrize(
    ("kind", "width", "padded"), [("r18", 16, False), ("r34", 8, False), ("r18", 8, True)]
)
def test_multiply_accumulates_are_those_of_the_convolutions(kind, width, padded):
    shape = Shape.of(kind, width, padded)
    net = StatementModel(1, shape).encoder.eval()
    counted = 0

    def count(module, _, output):
        nonlocal counted
        counted += output.shape[-1] * module.weight.numel()

    for module in net.modules():
        if isinstance(module, torch.nn.Conv1d):
            module.register_forward_hook(count)
    length = 1000 if padded else shape.window_samples
    with torch.no_grad():
        net(torch.zeros(1, 12, length))
    assert counted == shape.multiply_accumulates(length)
    assert shape.parameters() == sum(
        m.weight.numel() for m in net.modules() if isinstance(m, torch.nn.Conv1d)
    )
