"""Adam and clipping against torch."""

import numpy as np
import pytest
import torch

from course_lib.optim import Adam, clip_by_norm, global_norm


def draw(seed, scale=1.0):
    rng = np.random.default_rng(seed)
    return {"w": scale * rng.normal(size=(3, 2)), "b": scale * rng.normal(size=4)}


def test_adam_takes_the_same_path_as_torch():
    ours = draw(0)
    theirs = {name: torch.tensor(p, requires_grad=True) for name, p in ours.items()}
    adam, torch_adam = Adam(ours, learning_rate=0.03), torch.optim.Adam(theirs.values(), lr=0.03)
    for step in range(25):
        grads = draw(100 + step)
        adam.step(grads)
        for name, p in theirs.items():
            p.grad = torch.tensor(grads[name])
        torch_adam.step()
    for name, p in theirs.items():
        np.testing.assert_allclose(ours[name], p.detach().numpy(), atol=1e-12)


def test_adam_changes_the_arrays_in_place():
    params = draw(0)
    array = params["w"]
    Adam(params).step(draw(1))
    assert params["w"] is array


def test_adam_refuses_gradients_of_other_parameters():
    with pytest.raises(ValueError, match=r"\['b', 'w'\], got \['w'\]"):
        Adam(draw(0)).step({"w": np.zeros((3, 2))})


def test_clipping_equals_torchs_clip_grad_norm():
    grads = draw(2, scale=5.0)
    leaves = [torch.zeros(g.shape, dtype=torch.float64) for g in grads.values()]
    for leaf, g in zip(leaves, grads.values()):
        leaf.grad = torch.tensor(g)
    torch_norm = torch.nn.utils.clip_grad_norm_(leaves, 2.0)
    clipped, norm = clip_by_norm(grads, 2.0)
    assert norm == pytest.approx(torch_norm.item())
    for g, leaf in zip(clipped.values(), leaves):
        np.testing.assert_allclose(g, leaf.grad.numpy(), rtol=1e-5)  # torch adds 1e-6 to the norm


def test_a_short_gradient_passes_unchanged():
    grads = draw(3, scale=1e-3)
    clipped, _ = clip_by_norm(grads, 1.0)
    assert all(np.array_equal(clipped[name], grads[name]) for name in grads)


def test_a_zero_gradient_stays_zero():
    clipped, norm = clip_by_norm({"w": np.zeros(3)}, 1.0)
    assert norm == 0 and not clipped["w"].any()


def test_clipping_keeps_the_direction_and_leaves_its_input_alone():
    grads = draw(4, scale=9.0)
    before = {name: g.copy() for name, g in grads.items()}
    clipped, norm = clip_by_norm(grads, 1.0)
    assert global_norm(clipped) == pytest.approx(1.0)
    assert all(np.allclose(clipped[name] * norm, grads[name]) for name in grads)
    assert all(np.array_equal(before[name], grads[name]) for name in grads)


@pytest.mark.parametrize("grads, max_norm, words", [
    ({"w": np.array([np.nan])}, 1.0, "norm is nan"),
    ({"w": np.ones(2)}, 0.0, "must be positive, got 0.0"),
])
def test_clipping_says_why_it_cannot(grads, max_norm, words):
    with pytest.raises(ValueError, match=words):
        clip_by_norm(grads, max_norm)


def test_adam_refuses_a_gradient_that_would_only_broadcast():
    with pytest.raises(ValueError, match=r"gradient of w must have shape \(3, 2\), got \(2,\)"):
        Adam(draw(0)).step({"w": np.zeros(2), "b": np.zeros(4)})


def test_a_float32_gradient_whose_square_overflows_still_has_a_norm():
    assert global_norm({"w": np.full(2, 1e30, np.float32)}) == pytest.approx(2**0.5 * 1e30)
