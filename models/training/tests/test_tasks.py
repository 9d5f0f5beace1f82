"""The 89 tasks: how many of which kind, and that none claims a head which no shipped model has."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from ecgclip_training import tasks
from ecgclip_training.statements import NAMES

TASKS = tasks.load()
MODELS = sorted(Path(__file__).resolve().parents[2].glob("ecgclip-*/model.safetensors"))


def test_there_are_89_tasks_of_three_kinds():
    assert len(TASKS) == 89
    assert Counter(task.kind for task in TASKS) == tasks.KINDS
    assert len({task.id for task in TASKS}) == len({task.name for task in TASKS}) == 89


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.id)
def test_a_task_is_well_formed(task):
    assert all(part.isalnum() and part.islower() or part.isdigit() for part in task.id.split("-"))
    assert set(task.scp) <= set(NAMES)
    assert all(code.isdigit() for code in (*task.snomed, *task.aha))
    assert task.reason.strip()
    if task.kind != "diagnosis":
        assert not task.trained and not task.scp


def test_no_statement_belongs_to_two_tasks():
    assert max(Counter(code for task in TASKS for code in task.scp).values()) == 1


def test_trained_means_that_a_shipped_model_has_the_heads():
    assert MODELS
    shipped = [tasks.statements_of(model) for model in MODELS]
    for task in TASKS:
        assert any(task.agrees(statements) for statements in shipped), (
            f"{task.id} in tasks.csv is out of date"
        )


def test_a_task_that_claims_too_much_or_too_little_is_found():
    fibrillation = next(task for task in TASKS if task.id == "atrial-fibrillation")
    flutter = next(task for task in TASKS if task.id == "atrial-flutter")
    assert fibrillation.agrees({"AFIB", "SR"}) and not fibrillation.agrees({"SR"})
    assert flutter.agrees({"AFIB"}) and not flutter.agrees({"AFLT"})


def test_trained_is_yes_or_no(tmp_path):
    table = tmp_path / "tasks.csv"
    table.write_text("id,name,kind,scp,snomed,aha,trained,reason\nx,X,rare,,,,maybe,\n")
    with pytest.raises(ValueError, match="trained is yes or no, not 'maybe'"):
        tasks.load(table)
