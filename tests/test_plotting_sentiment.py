"""The figures of notebook 05 draw what they are given."""

import numpy as np
import pytest

from course_lib.plotting.sentiment import (
    plot_by_distance,
    plot_comparison,
    plot_drift,
    plot_lengths,
    plot_logit_by_word,
)
from course_lib.plotting.style import new_axes


def test_every_review_is_in_the_picture_of_lengths():
    lengths = np.concatenate([np.arange(1, 1000), [5000]])
    ax = plot_lengths(lengths, 400)
    assert sum(bar.get_height() for bar in ax.patches) == 1000
    assert list(ax.lines[0].get_xdata()) == [400, 400]
    assert "words" in ax.get_xlabel() and ax.get_ylabel() == "reviews"


def test_drift_draws_both_readings_of_the_last_step():
    ax = plot_drift([0, 5, 50], [0.0, 0.4, 0.9], [0.0, 0.0, 0.0])
    np.testing.assert_array_equal(ax.lines[0].get_xydata(), [[0, 0], [5, 0.4], [50, 0.9]])
    np.testing.assert_array_equal(ax.lines[1].get_ydata(), [0, 0, 0])
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["last column", "last real step"]


def test_the_comparison_has_a_dot_a_seed_and_names_the_median():
    ax = plot_comparison({
        "one": {"test_accuracy": [0.8, 0.9, 0.7], "train_seconds": [10, 12, 11]},
        "two": {"test_accuracy": [0.95], "train_seconds": [3]},
    })
    assert sorted(ax.lines[0].get_xdata()) == [0.7, 0.8, 0.9] and set(ax.lines[0].get_ydata()) == {0}
    assert [t.get_text() for t in ax.texts] == ["80.0% in 11 s", "95.0% in 3 s"]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["one", "two"]


def test_shares_by_distance_count_each_review_in_its_group():
    distances = np.array([5, 5, 6, 100, 150, 200])
    right = {"a": np.array([1, 0, 1, 1, 1, 1], bool), "b": np.zeros(6, bool)}
    ax = plot_by_distance(distances, right, num_bins=2)
    np.testing.assert_allclose(ax.lines[0].get_ydata(), [2 / 3, 1])
    np.testing.assert_allclose(ax.lines[1].get_ydata(), [0, 0])
    assert ax.get_xscale() == "log" and np.all(np.diff(ax.lines[0].get_xdata()) > 0)


def test_a_distance_that_nobody_has_leaves_no_point():
    ax = plot_by_distance(np.array([5, 200]), {"a": np.array([True, False])}, num_bins=5)
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), [1, 0])


def test_the_review_has_a_bar_a_word_whose_colour_tells_the_side():
    ax = plot_logit_by_word(["not", "bad"], np.array([-1.5, 0.5]))
    assert [bar.get_height() for bar in ax.patches] == [-1.5, 0.5]
    assert ax.patches[0].get_facecolor() != ax.patches[1].get_facecolor()
    assert [t.get_text() for t in ax.get_xticklabels()] == ["not", "bad"]


@pytest.mark.parametrize("draw", [
    lambda ax: plot_lengths([1, 2], 2, ax=ax),
    lambda ax: plot_drift([0], [0], [0], ax=ax),
    lambda ax: plot_comparison({"one": {"test_accuracy": [1], "train_seconds": [1]}}, ax=ax),
    lambda ax: plot_by_distance([1, 9], {"a": [1, 0]}, ax=ax),
    lambda ax: plot_logit_by_word(["a"], [1.0], ax=ax),
])
def test_given_axes_are_used(draw):
    ax = new_axes()
    assert draw(ax) is ax
