"""The figures of notebook 02 draw what they are given."""

import numpy as np
import pytest

from course_lib.plotting.gradients import (
    plot_clipping,
    plot_gradient_norms,
    plot_linear_and_tanh,
    plot_matrix_powers,
)
from course_lib.plotting.style import new_axes, new_figure

NORMS = {"0.5": np.array([0.25, 0.5, 1.0]), "2": np.array([4.0, 2.0, 1.0])}


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_gradient_norms_are_drawn_from_the_last_step_backwards():
    ax = plot_gradient_norms(NORMS)
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), [1.0, 0.5, 0.25])
    np.testing.assert_array_equal(ax.lines[1].get_ydata(), [1.0, 2.0, 4.0])
    assert (ax.get_yscale(), ax.get_xlabel()) == ("log", "steps back in time")


def test_every_curve_is_named_at_its_end_and_no_two_names_overlap():
    ax = plot_gradient_norms({name: np.array([1.0 + k / 1e6, 1.0]) for k, name in enumerate("abc")} | NORMS)
    assert set(texts(ax)) == {"a", "b", "c", "0.5", "2"}
    heights = sorted(text.xy[1] for text in ax.texts)
    assert np.diff(heights).min() > 0.05


def test_linear_and_tanh_share_their_scale():
    left, right = plot_linear_and_tanh(NORMS, {"0.5": np.array([0.1, 0.4, 1.0])})
    assert (left.get_title(), right.get_title()) == ("linear units", "tanh units")
    assert left.get_ylim() == right.get_ylim()
    np.testing.assert_array_equal(right.lines[0].get_ydata(), [1.0, 0.4, 0.1])


def test_matrix_powers_draws_the_measured_curve_between_its_two_lines():
    powers = np.arange(4)
    ax = plot_matrix_powers(1.2**powers, 1.5**powers, 0.9**powers)
    drawn = {line.get_label(): line.get_ydata() for line in ax.lines}
    np.testing.assert_array_equal(drawn["k steps, measured"], 1.2**powers)
    np.testing.assert_array_equal(drawn["largest singular value, to the power k"], 1.5**powers)
    np.testing.assert_array_equal(drawn["largest |eigenvalue|, to the power k"], 0.9**powers)


def test_clipping_draws_losses_beside_norms():
    left, right = plot_clipping({"clipped": ([2.0, 1.0], [3.0, 30.0])}, guessing=2.08)
    np.testing.assert_array_equal(left.lines[0].get_ydata(), [2.0, 1.0])
    np.testing.assert_array_equal(right.lines[0].get_ydata(), [3.0, 30.0])
    assert left.lines[1].get_ydata()[0] == 2.08 and texts(left) == ["guessing"]
    assert (left.get_ylabel(), right.get_yscale()) == ("loss (nats)", "log")


@pytest.mark.parametrize("plot", [lambda ax: plot_gradient_norms(NORMS, ax=ax),
                                  lambda ax: plot_matrix_powers(np.ones(3), np.ones(3), np.ones(3), ax=ax)])
def test_given_axes_are_drawn_on_and_returned(plot):
    ax = new_axes()
    assert plot(ax) is ax and ax.lines


def test_a_given_pair_of_axes_is_drawn_on_and_returned():
    _, axes = new_figure(1, 2)
    assert plot_linear_and_tanh(NORMS, NORMS, axes=axes) is axes
    assert plot_clipping({}, axes=axes) is axes
