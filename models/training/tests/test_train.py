"""Training killed in the middle of an epoch and started again gives the very weights of one that ran through."""

from __future__ import annotations

from dataclasses import replace

import pytest

torch = pytest.importorskip("torch")

from tiny import RECIPE, TRAINING, WATCHED, cohort  # noqa: E402

from ecgclip_training import train as trainer  # noqa: E402


class Killed(Exception):
    pass


@pytest.mark.parametrize("batches", [1, 4, 8])
def test_a_killed_run_goes_on_to_the_same_weights(tmp_path, monkeypatch, batches):
    """Three batches an epoch: killed in the first epoch (nothing saved yet), the second and the third."""
    through = trainer.train(cohort(), TRAINING, WATCHED, RECIPE, tmp_path / "through").state_dict()
    made = trainer.training_batch
    calls = 0

    def dies(*arguments):
        nonlocal calls
        calls += 1
        if calls > batches:
            raise Killed
        return made(*arguments)

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(trainer, "training_batch", dies)
        trainer.train(cohort(), TRAINING, WATCHED, RECIPE, tmp_path / "killed")
    torch.manual_seed(99)
    resumed = trainer.train(cohort(), TRAINING, WATCHED, RECIPE, tmp_path / "killed").state_dict()
    for name, tensor in through.items():
        assert torch.equal(tensor, resumed[name]), name


def test_a_finished_run_is_read_back_as_it_was(tmp_path):
    average = trainer.train(cohort(), TRAINING, WATCHED, RECIPE, tmp_path)
    read, recipe = trainer.load_average(tmp_path)
    assert recipe == RECIPE
    for name, tensor in average.state_dict().items():
        assert torch.equal(tensor, read.state_dict()[name]), name


def test_a_checkpoint_of_another_recipe_is_refused(tmp_path):
    trainer.train(cohort(), TRAINING, WATCHED, replace(RECIPE, epochs=1), tmp_path)
    with pytest.raises(ValueError, match="another recipe"):
        trainer.train(cohort(), TRAINING, WATCHED, RECIPE, tmp_path)


def test_the_watched_records_change_nothing(tmp_path):
    one = trainer.train(cohort(), TRAINING, WATCHED, RECIPE, tmp_path / "one").state_dict()
    other = trainer.train(cohort(), TRAINING, WATCHED[:30], RECIPE, tmp_path / "other").state_dict()
    assert all(torch.equal(tensor, other[name]) for name, tensor in one.items())


def test_training_learns_what_there_is_to_learn(tmp_path):
    data = cohort()
    recipe = replace(RECIPE, epochs=12, width=8, average_decay=0.8)
    model = trainer.train(data, TRAINING, WATCHED, recipe, tmp_path)
    unseen = trainer.logits(model, data.signals[WATCHED], recipe.millivolts_per_code)
    assert trainer.macro(data.labels[WATCHED], unseen)["auc"] > 0.85
