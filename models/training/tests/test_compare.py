"""The comparison on a tiny cohort: the same folds and shares for every method, and prompts that find what was not named."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tiny import RECIPE, SHAPE, cohort  # noqa: E402

from ecgclip_training import compare, predictions, runs  # noqa: E402
from ecgclip_training.runs import Plan  # noqa: E402


def split_cohort():
    data = cohort()
    data.folds = np.where(np.arange(60) < 36, 1, 9)
    return data


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """One contrastive and one supervised run of a few epochs."""
    folder = tmp_path_factory.mktemp("runs")
    contrastive = replace(RECIPE, supervised=0.0, contrastive=1.0, epochs=4, seed=1)
    plans = {
        "ecgclip18-s1": Plan("ecgclip18-s1", contrastive),
        "supervised-100-s1": Plan("supervised-100-s1", replace(RECIPE, epochs=8, seed=1)),
    }
    for plan in plans.values():
        runs.execute(plan, split_cohort(), folder, torch.device("cpu"))
    return plans, folder


def test_every_method_is_scored_on_the_same_records(trained, monkeypatch):
    plans, folder = trained
    monkeypatch.setattr(compare, "CLAIMS", [(("ecgclip18", 1.0), ("random", 1.0))])
    found = compare.comparison(plans, split_cohort(), folder, folder / "kept")
    assert found["records"] == 24 and set(found["methods"]) == {"ecgclip18", "supervised", "random"}
    assert set(found["methods"]["ecgclip18"]) == {"0.01", "0.1", "1"}
    assert set(found["methods"]["supervised"]) == {"1"}
    entry = found["methods"]["ecgclip18"]["1"]
    assert entry["seeds"] == 1 and 0 <= entry["interval95"]["auc"][0] <= entry["auc"] <= 1
    (claim,) = found["differences"]
    gap = found["methods"]["ecgclip18"]["1"]["auc"] - found["methods"]["random"]["1"]["auc"]
    assert claim["auc"]["difference"] == pytest.approx(gap)


def test_what_was_said_outlives_the_checkpoints(trained, tmp_path, monkeypatch):
    """The same scores from what was kept, on a machine that has trained nothing; a further seed joins them."""
    plans, folder = trained
    monkeypatch.setattr(compare, "CLAIMS", [(("ecgclip18", 1.0), ("random", 1.0))])
    first = compare.comparison(plans, split_cohort(), folder, tmp_path)
    assert {path.stem for path in tmp_path.iterdir()} == {"ecgclip18-s1", "random-s1", "supervised-100-s1"}
    assert all(path.stat().st_size < 100_000 for path in tmp_path.iterdir())
    assert compare.comparison(plans, split_cohort(), tmp_path / "nothing", tmp_path) == first
    entry = first["methods"]["supervised"]["1"]
    assert 0 <= entry["brier"] <= 1 and 0 <= entry["calibrationError"] <= 1
    second = replace(plans["supervised-100-s1"], name="supervised-100-s2")
    plans = plans | {second.name: replace(second, recipe=replace(second.recipe, epochs=8, seed=2))}
    runs.execute(plans[second.name], split_cohort(), tmp_path / "elsewhere", torch.device("cpu"))
    both = compare.comparison(plans, split_cohort(), tmp_path / "elsewhere", tmp_path)
    seeds = both["methods"]["supervised"]["1"]["perSeed"]
    assert len(seeds) == 2 and seeds[0] == entry["perSeed"][0] != seeds[1]
    assert both["methods"]["ecgclip18"] == first["methods"]["ecgclip18"]


def test_what_another_run_said_is_refused(trained, tmp_path):
    plans, folder = trained
    compare.gather(plans, split_cohort(), folder, tmp_path)
    plan = plans["supervised-100-s1"]
    path = tmp_path / f"{plan.name}.npz"
    assert set(predictions.read(path, plan, split_cohort())) == {1.0}
    longer = replace(plan, recipe=replace(plan.recipe, epochs=9))
    with pytest.raises(ValueError, match="of another run than supervised-100-s1"):
        predictions.read(path, longer, split_cohort())
    other = split_cohort()
    other.names[40] = "tiny/other"
    with pytest.raises(ValueError, match="of other records"):
        predictions.read(path, plan, other)


def test_a_run_that_has_not_ended_is_not_scored(trained, tmp_path):
    plans, folder = trained
    plan = plans["supervised-100-s1"]
    state = torch.load(folder / plan.name / "checkpoint.pt", weights_only=False)
    (tmp_path / plan.name).mkdir()
    torch.save(state | {"epoch": 7}, tmp_path / plan.name / "checkpoint.pt")
    assert compare.gather({plan.name: plan}, split_cohort(), tmp_path, tmp_path / "kept") == {}


def test_smaller_shares_are_parts_of_larger_ones():
    data = split_cohort()
    rows = np.arange(36)
    parts = [set(runs.labelled_share(data, rows, share, seed=3)) for share in (0.1, 0.5, 1.0)]
    assert parts[0] < parts[1] < parts[2] == set(rows)
    assert parts[1] != set(runs.labelled_share(data, rows, 0.5, seed=4))


def test_a_contrastive_run_keeps_its_head_untouched(trained):
    plans, folder = trained
    learner, _ = runs.load_average(folder / "ecgclip18-s1")
    told = np.flatnonzero(split_cohort().concepts[:36].sum(1))
    fresh = runs.Learner.build(plans["ecgclip18-s1"].recipe, split_cohort(), told)
    assert torch.equal(learner.model.head.bias, fresh.model.head.bias)


def test_prompts_score_by_cosine(trained, monkeypatch):
    _, folder = trained
    width = compare.load_average(folder / "ecgclip18-s1")[0].projection.out_features
    up, down = torch.zeros(3, width), torch.zeros(3, width)
    up[0, 0] = up[1, 1] = down[0, 2] = 1
    monkeypatch.setattr(compare, "prompt_embeddings", lambda *_: (("A", "B", "C"), up, down))
    data = split_cohort()
    labels, scores = compare.prompted(folder / "ecgclip18-s1", data, np.arange(36, 60), ["B", "A"])
    assert labels.tolist() == data.labels[36:][:, [1, 0]].tolist()
    assert scores.shape == (24, 2) and np.abs(scores).max() <= 2**0.5 + 1e-5


def test_random_encoders_differ_by_seed_only():
    data = split_cohort()
    one, same, other = (compare.random_model(data, seed, SHAPE) for seed in (1, 1, 2))
    features = [compare.embeddings(model, data.signals[:4], 0.035) for model in (one, same, other)]
    assert np.array_equal(features[0], features[1]) and not np.allclose(features[0], features[2])
