"""Training killed in the middle of an epoch and started again gives the very weights of one that ran through."""

from __future__ import annotations

from dataclasses import replace

import pytest

torch = pytest.importorskip("torch")

from tiny import RECIPE, TRAINING, WATCHED, cohort  # noqa: E402

from ecgclip_training import train as trainer  # noqa: E402
from ecgclip_training.metrics import macro  # noqa: E402
from ecgclip_training.runs import load_average  # noqa: E402

JOINT = replace(RECIPE, contrastive=0.5)


class Killed(Exception):
    pass


@pytest.mark.parametrize("recipe", [RECIPE, JOINT], ids=["supervised", "joint"])
@pytest.mark.parametrize("batches", [1, 4, 8])
def test_a_killed_run_goes_on_to_the_same_weights(tmp_path, monkeypatch, batches, recipe):
    """Three batches an epoch: killed in the first epoch (nothing saved yet), the second and the third."""
    through = trainer.train(cohort(), TRAINING, recipe, tmp_path / "through").state_dict()
    made = trainer.make_batch
    calls = 0

    def dies(*arguments):
        nonlocal calls
        calls += 1
        if calls > batches:
            raise Killed
        return made(*arguments)

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(trainer, "make_batch", dies)
        trainer.train(cohort(), TRAINING, recipe, tmp_path / "killed")
    torch.manual_seed(99)
    resumed = trainer.train(cohort(), TRAINING, recipe, tmp_path / "killed").state_dict()
    for name, tensor in through.items():
        assert torch.equal(tensor, resumed[name]), name
    assert (tmp_path / "killed" / "log.csv").read_text() == (tmp_path / "through" / "log.csv").read_text()


def test_a_finished_run_is_read_back_as_it_was(tmp_path):
    average = trainer.train(cohort(), TRAINING, JOINT, tmp_path)
    read, recipe = load_average(tmp_path)
    assert recipe == JOINT
    for name, tensor in average.state_dict().items():
        assert torch.equal(tensor, read.state_dict()[name]), name


def test_a_checkpoint_of_another_recipe_is_refused(tmp_path):
    trainer.train(cohort(), TRAINING, replace(RECIPE, epochs=1), tmp_path)
    with pytest.raises(ValueError, match="another recipe"):
        trainer.train(cohort(), TRAINING, RECIPE, tmp_path)


def test_watching_changes_nothing(tmp_path):
    one = trainer.train(cohort(), TRAINING, RECIPE, tmp_path / "one").state_dict()

    def watch(model):
        return macro(cohort().labels[WATCHED], trainer.logits(model, cohort().signals[WATCHED], 0.035))

    other = trainer.train(cohort(), TRAINING, RECIPE, tmp_path / "other", watch=watch).state_dict()
    assert all(torch.equal(tensor, other[name]) for name, tensor in one.items())


def test_training_learns_what_there_is_to_learn(tmp_path):
    data = cohort()
    recipe = replace(RECIPE, epochs=14, shape=trainer.Shape.of("r18", 8), average_decay=0.8)
    learner = trainer.train(data, TRAINING, recipe, tmp_path)
    unseen = trainer.logits(learner.model, data.signals[WATCHED], recipe.millivolts_per_code)
    assert macro(data.labels[WATCHED], unseen)["auc"] > 0.85


def test_mixed_precision_learns_the_same_and_can_be_switched_off(tmp_path, monkeypatch):
    """On a device that has it; here the processor stands in for one."""
    recipe = replace(JOINT, epochs=6)
    plain = trainer.train(cohort(), TRAINING, recipe, tmp_path / "plain").state_dict()
    monkeypatch.setattr(trainer, "has_bfloat16", lambda _: True)
    mixed = trainer.train(cohort(), TRAINING, recipe, tmp_path / "mixed").state_dict()
    off = trainer.train(cohort(), TRAINING, replace(recipe, mixed=False), tmp_path / "off").state_dict()
    assert all(torch.equal(tensor, off[name]) for name, tensor in plain.items())
    assert not all(torch.equal(tensor, mixed[name]) for name, tensor in plain.items())
    losses = [
        [float(line.split("loss=")[1]) for line in (tmp_path / run / "log.csv").open()]
        for run in ("plain", "mixed")
    ]
    assert losses[1] == pytest.approx(losses[0], rel=0.15) and losses[1][-1] < 0.8 * losses[1][0]


def test_what_is_unknown_is_not_learnt(tmp_path):
    """Wrong labels behind a mask of zeros leave no trace."""
    masked, wrong = cohort(), cohort()
    masked.known[:, 1] = wrong.known[:, 1] = 0
    wrong.labels[:, 1] = 1 - wrong.labels[:, 1]
    one = trainer.train(masked, TRAINING, RECIPE, tmp_path / "one").state_dict()
    other = trainer.train(wrong, TRAINING, RECIPE, tmp_path / "other").state_dict()
    assert all(torch.equal(tensor, other[name]) for name, tensor in one.items())


def test_a_student_learns_from_its_teacher_alone(tmp_path):
    """All labels unknown: what the student knows of unseen records came through the teacher's logits."""
    data = cohort()
    recipe = replace(RECIPE, epochs=14, shape=trainer.Shape.of("r18", 8), average_decay=0.8, noise=0.0)
    teacher = trainer.train(data, TRAINING, recipe, tmp_path / "teacher").model
    blind = cohort()
    blind.known[:] = 0
    student = trainer.train(
        blind, TRAINING, replace(recipe, distilled=1.0), tmp_path / "student", teachers=[teacher]
    )
    unseen = trainer.logits(student.model, data.signals[WATCHED], recipe.millivolts_per_code)
    assert macro(data.labels[WATCHED], unseen)["auc"] > 0.8


def test_a_frozen_model_stays_while_texts_learn_to_meet_it(tmp_path):
    """Texts end up nearer to their own ECGs than to others; not a bit of the signal model changes."""
    data = cohort()
    supervised = trainer.train(data, TRAINING, replace(RECIPE, epochs=10), tmp_path / "one").model
    start = {f"model.{key}": value.clone() for key, value in supervised.state_dict().items()}
    recipe = replace(RECIPE, supervised=0.0, measured=0.0, contrastive=1.0, frozen=True, epochs=20)
    learner = trainer.train(data, TRAINING, recipe, tmp_path / "two", start=start)
    for name, tensor in learner.model.state_dict().items():
        assert torch.equal(tensor, start[f"model.{name}"]), name
    stored = torch.load(tmp_path / "two" / "checkpoint.pt", weights_only=False)
    assert torch.equal(
        stored["model"]["model.encoder.norm.running_mean"], start["model.encoder.norm.running_mean"]
    )
    losses = [float(line.split("loss=")[1]) for line in (tmp_path / "two" / "log.csv").open()]
    assert losses[-1] < 0.9 * losses[0]
