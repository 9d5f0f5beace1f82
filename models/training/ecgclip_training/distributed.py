"""One process or several with the same command: `torchrun --nproc_per_node N -m ecgclip_training ...`.

Rows are dealt so that rank r takes every world-size-th row of a batch; embeddings are gathered with their gradients and batch
statistics are reduced over processes, so that several processes compute what one would."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch.distributed as dist
from torch import nn


def rank() -> int:
    return dist.get_rank() if dist.is_initialized() else 0


def world_size() -> int:
    return dist.get_world_size() if dist.is_initialized() else 1


@contextmanager
def processes() -> Iterator[torch.device]:
    """Joins the group that torchrun announces, if any, and yields the device of this process."""
    accelerated = torch.cuda.is_available()
    local = int(os.environ.get("LOCAL_RANK", "0"))
    if accelerated:
        torch.cuda.set_device(local)
    if "RANK" in os.environ:
        dist.init_process_group("nccl" if accelerated else "gloo")
    try:
        yield torch.device("cuda", local) if accelerated else torch.device("cpu")
    finally:
        if dist.is_initialized():
            dist.destroy_process_group()


class Gather(torch.autograd.Function):
    """Rows of all processes in the order of the whole batch; each process's gradients of every row meet in its owner."""

    @staticmethod
    def forward(context: object, rows: torch.Tensor) -> torch.Tensor:
        parts = [torch.empty_like(rows) for _ in range(world_size())]
        dist.all_gather(parts, rows.contiguous())
        return torch.stack(parts, 1).flatten(0, 1)

    @staticmethod
    def backward(context: object, gradient: torch.Tensor) -> torch.Tensor:
        return Sum.forward(context, gradient)[rank() :: world_size()]


class Sum(torch.autograd.Function):
    """The sum over all processes."""

    @staticmethod
    def forward(context: object, values: torch.Tensor) -> torch.Tensor:
        total = values.clone(memory_format=torch.contiguous_format)
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(context: object, gradient: torch.Tensor) -> torch.Tensor:
        return Sum.forward(context, gradient)


def gathered(rows: torch.Tensor) -> torch.Tensor:
    """All processes' rows with gradients, in the order of the whole batch (rank r holds rows r, r + n, ...)."""
    return rows if world_size() == 1 else Gather.apply(rows)


def mean_over_processes(value: torch.Tensor) -> torch.Tensor:
    """Of a count or a loss that is not differentiated."""
    return value.detach() if world_size() == 1 else Sum.forward(None, value.detach()) / world_size()


class GlobalBatchNorm(nn.BatchNorm1d):
    """Batch norm with the statistics of all processes' rows. torch's SyncBatchNorm does the same but refuses CPU tensors.

    Every process must hold equally many rows of equal length."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training or world_size() == 1:
            return super().forward(x)
        values = x.float()
        # Sums of squares about a common point near the mean keep their digits in single precision.
        centre = self.running_mean.clone()[None, :, None]
        moments = torch.stack([(values - centre).mean((0, 2)), (values - centre).square().mean((0, 2))])
        moments = Sum.apply(moments) / world_size()
        shift, variance = moments[0], moments[1] - moments[0].square()
        count = x.shape[0] * x.shape[2] * world_size()
        with torch.no_grad():
            self.num_batches_tracked += 1
            mean = self.running_mean + shift
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(variance * count / max(1, count - 1), self.momentum)
        scaled = (values - centre - shift[None, :, None]) * torch.rsqrt(variance + self.eps)[None, :, None]
        return (scaled * self.weight[None, :, None] + self.bias[None, :, None]).to(x.dtype)


def with_global_statistics(module: nn.Module) -> nn.Module:
    """Replaces every BatchNorm1d in place; names, parameters and buffers stay what they were."""
    for name, child in module.named_children():
        if type(child) is nn.BatchNorm1d:
            replacement = GlobalBatchNorm(child.num_features, child.eps, child.momentum)
            replacement.load_state_dict(child.state_dict())
            setattr(module, name, replacement)
        else:
            with_global_statistics(child)
    return module
