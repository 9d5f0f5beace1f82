"""One thread for every test: sums in one order, and no waiting for busy cores."""

from __future__ import annotations

import contextlib

with contextlib.suppress(ModuleNotFoundError):
    import torch

    torch.set_num_threads(1)
