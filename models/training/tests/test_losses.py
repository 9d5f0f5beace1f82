"""The losses against their definitions."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from ecgclip_training.losses import InfoNCE, SigmoidLoss, jaccard, statement_loss  # noqa: E402


def unit(rows: int, seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.nn.functional.normalize(torch.randn(rows, 8, generator=generator), dim=-1)


def test_jaccard_is_the_overlap_of_sets():
    sets = [{0, 1}, {1}, {0, 1, 2}, set()]
    matrix = torch.tensor([[float(k in s) for k in range(3)] for s in sets])
    found = jaccard(matrix, matrix)
    for i, one in enumerate(sets):
        for j, other in enumerate(sets):
            wanted = len(one & other) / len(one | other) if one | other else 1.0
            assert found[i, j].item() == pytest.approx(wanted)


def test_the_sigmoid_loss_is_the_papers_sum_over_pairs():
    """SigLIP, equation 1: minus the log-sigmoid of label times logit, over all pairs, divided by the batch."""
    loss = SigmoidLoss(5)
    signals, texts = unit(5, 0), unit(5, 1)
    scale, bias = loss.log_scale.exp().item(), loss.bias.item()
    total = 0.0
    for i in range(5):
        for j in range(5):
            sign = 1 if i == j else -1
            total += np.log1p(np.exp(-sign * (scale * float(signals[i] @ texts[j]) + bias)))
    assert loss(signals, texts, torch.eye(5)).item() == pytest.approx(total / 5, rel=1e-5)


def test_info_nce_is_the_mean_of_both_softmaxes():
    signals, texts = unit(6, 2), unit(6, 3)
    logits = (signals @ texts.T / 0.07).numpy().astype(np.float64)
    rows = np.log(np.exp(logits).sum(1)) - logits.diagonal()
    columns = np.log(np.exp(logits).sum(0)) - logits.diagonal()
    assert InfoNCE()(signals, texts).item() == pytest.approx((rows.mean() + columns.mean()) / 2, rel=1e-5)


def test_unknown_statements_have_no_gradient():
    logits = torch.zeros(2, 3, requires_grad=True)
    known = torch.tensor([[1.0, 0, 1], [1, 1, 0]])
    statement_loss(logits, torch.ones(2, 3), known).backward()
    assert torch.equal(logits.grad != 0, known == 1)
    assert logits.grad[0, 0].item() == pytest.approx(-0.5 / 4)
