"""The small functions, held against SciPy-free closed forms and torch."""

import numpy as np
import pytest
import torch

from course_lib.functional import cross_entropy, log_softmax, sigmoid, sigmoid_slope, softmax, tanh_slope


def test_sigmoid_equals_torch_and_never_overflows():
    x = np.array([-1000.0, -17.0, -0.5, 0.0, 0.5, 17.0, 1000.0])
    with np.errstate(all="raise"):
        ours = sigmoid(x)
    np.testing.assert_allclose(ours, torch.sigmoid(torch.tensor(x)).numpy(), atol=1e-15)


def test_slopes_are_the_derivatives_of_sigmoid_and_tanh():
    x = np.linspace(-4, 4, 9)
    step = 1e-6
    for function, slope in ((sigmoid, sigmoid_slope), (np.tanh, tanh_slope)):
        measured = (function(x + step) - function(x - step)) / (2 * step)
        np.testing.assert_allclose(slope(function(x)), measured, atol=1e-9)


def test_softmax_survives_large_logits_and_sums_to_one():
    logits = np.array([[1e4, 1e4 + 1.0, 0.0], [-1e4, 0.0, 3.0]])
    np.testing.assert_allclose(softmax(logits).sum(axis=-1), 1.0)
    np.testing.assert_allclose(log_softmax(logits), torch.log_softmax(torch.tensor(logits), -1).numpy(), atol=1e-12)


@pytest.mark.parametrize("shape", [(3,), (4, 2), (2, 3, 5)])
def test_cross_entropy_and_its_gradient_equal_torch(shape):
    rng = np.random.default_rng(len(shape))
    logits, targets = rng.normal(size=(*shape, 7)), rng.integers(7, size=shape)
    loss, gradient = cross_entropy(logits, targets)
    tensor = torch.tensor(logits, requires_grad=True)
    expected = torch.nn.functional.cross_entropy(tensor.reshape(-1, 7), torch.tensor(targets).reshape(-1))
    expected.backward()
    assert loss == pytest.approx(expected.item(), abs=1e-12)
    np.testing.assert_allclose(gradient, tensor.grad.numpy(), atol=1e-12)


def test_cross_entropy_says_what_shape_it_wanted():
    with pytest.raises(ValueError, match=r"shape \(4,\).*got \(3,\)"):
        cross_entropy(np.zeros((4, 2)), np.zeros(3, int))


def test_cross_entropy_refuses_a_class_that_does_not_exist():
    with pytest.raises(ValueError, match="from 0 to 1"):
        cross_entropy(np.zeros((3, 2)), np.array([0, 1, 2]))
