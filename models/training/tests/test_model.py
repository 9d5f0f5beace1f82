"""The network's geometry: frames on a grid of 16 samples, each of its own 219 (R34: 451), nothing else."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from ecgclip_training.model import AttentionPool, Encoder, SpreadPool, StatementModel  # noqa: E402
from ecgclip_training.shape import Shape  # noqa: E402


def encoder(kind: str) -> Encoder:
    """Random weights and batch statistics in double precision, in evaluation mode."""
    torch.manual_seed(3)
    net = Encoder(Shape.of(kind, 8)).double().eval()
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm1d):
            module.running_mean.normal_(0, 0.2)
            module.running_var.uniform_(0.5, 2)
            module.bias.data.uniform_(0.1, 0.5)
    return net


@pytest.mark.parametrize(("kind", "field", "frames"), [("r18", 219, 49), ("r34", 451, 34)])
def test_ten_seconds_give_the_frames_of_the_model_format(kind, field, frames):
    net = encoder(kind)
    with torch.no_grad():
        assert (net.shape.receptive_field, net.shape.window_frames) == (field, frames)
        assert net(torch.zeros(1, 12, field).double()).shape == (1, 64, 1)
        assert net(torch.zeros(1, 12, 992).double()).shape[-1] == frames
        assert net(torch.zeros(1, 12, field + 15).double()).shape[-1] == 1
        assert net(torch.zeros(1, 12, field + 16).double()).shape[-1] == 2


@pytest.mark.parametrize(("kind", "field"), [("r18", 219), ("r34", 451)])
def test_a_frame_is_made_of_its_receptive_field_alone(kind, field):
    net = encoder(kind)
    x = torch.randn(1, 12, 992, dtype=torch.double, requires_grad=True)
    net(x)[0, :, 5].sum().backward()
    touched = x.grad[0].abs().sum(0).nonzero().flatten()
    assert touched.min() == 16 * 5
    assert touched.max() == 16 * 5 + field - 1


def test_a_stream_started_a_frame_later_gives_the_same_frames():
    net = encoder("r18")
    x = torch.randn(2, 12, net.shape.crop_length(20), dtype=torch.double)
    with torch.no_grad():
        torch.testing.assert_close(net(x[..., 16 * 7 :]), net(x)[..., 7:], rtol=0, atol=1e-12)


@pytest.mark.parametrize(("name", "stride"), [("layer1_0", 1), ("layer2_0", 2)])
def test_a_shortcut_is_cropped_to_the_centre(name, stride):
    """With the residual path silent, an output sees only the middle of the 2 stride + 3 samples below it."""
    block = encoder("r18").blocks[name]
    torch.nn.init.zeros_(block.norm2.weight)
    torch.nn.init.ones_(block.norm2.bias)
    block.norm2.running_mean.zero_()
    x = (torch.rand(1, 8, 31, dtype=torch.double) / 100).requires_grad_()
    y = block(x)
    assert y.shape[-1] == (31 - (2 * stride + 3)) // stride + 1
    y[0, :, 4].sum().backward()
    assert x.grad[0].abs().sum(0).nonzero().flatten().tolist() == [4 * stride + stride + 1]


def test_the_shipped_shape_has_the_parameters_of_the_card():
    parameters = sum(p.numel() for p in Encoder(Shape.of("r18", 32)).parameters())
    assert round(parameters / 1e6, 2) == 0.97


def test_the_head_sees_which_leads_are_there():
    model = StatementModel(2, Shape.of("r18", 4)).eval()
    x = torch.zeros(1, 12, 219)
    with torch.no_grad():
        complete, none = model(x, torch.ones(1, 12)), model(x, torch.zeros(1, 12))
    torch.testing.assert_close(complete - none, model.head.weight[:, -12:].sum(1)[None])


def test_the_spread_pool_is_mean_and_deviation_of_the_frames():
    frames = torch.rand(3, 5, 7)
    pooled = SpreadPool(5).eval()(frames)
    torch.testing.assert_close(pooled[:, :5], frames.mean(-1))
    torch.testing.assert_close(pooled[:, 5:], frames.std(-1, correction=0))
    constant = torch.ones(1, 2, 4, requires_grad=True)
    SpreadPool(2)(constant).sum().backward()
    assert torch.isfinite(constant.grad).all(), "frames that are all alike have a slope too"


def test_the_baselines_pool_sees_every_frame():
    torch.manual_seed(1)
    pool = AttentionPool(8, 63).eval()
    frames = torch.randn(2, 8, 63, requires_grad=True)
    assert pool(frames).shape == (2, 256)
    pool(frames)[0].sum().backward()
    assert (frames.grad[0].abs().sum(0) > 0).all() and not frames.grad[1].any()
