"""The figures of notebook 06 draw the numbers they are given."""

import numpy as np
import pytest

from course_lib.plotting import characters as plots
from course_lib.plotting.style import new_axes, new_figure


def test_streams_show_every_letter_in_its_place_and_name_the_batches():
    ax = new_axes()
    assert plots.plot_streams(["to b", "e\nor"], 2, ax=ax) is ax
    letters = {text.get_position(): text.get_text() for text in ax.texts}
    assert letters[(0, 0)] == "t" and letters[(2, 0)] == "␣" and letters[(1, 1)] == "⏎"
    assert {"batch 0", "batch 1"} <= set(letters.values())
    assert [label.get_text() for label in ax.get_yticklabels()] == ["stream 0", "stream 1"]


def test_ngrams_are_drawn_against_their_length_and_the_best_is_named():
    ax = plots.plot_ngrams([1, 2, 3], {"A": [3.0, 2.25, 2.5], "B": [3.0, 2.0, 1.5]}, uniform=4.0, ax=new_axes())
    first, second, uniform = ax.lines
    np.testing.assert_allclose(first.get_xydata(), [[1, 3.0], [2, 2.25], [3, 2.5]])
    np.testing.assert_allclose(second.get_ydata(), [3.0, 2.0, 1.5])
    assert set(uniform.get_ydata()) == {4.0}
    assert [text.get_text() for text in ax.texts] == ["2.25", "1.50"]
    assert "nats" in ax.get_ylabel() and "characters" in ax.get_xlabel()


def test_learning_draws_running_means_the_other_text_and_the_lines():
    ax = plots.plot_learning(np.arange(10.0), [5, 10], [2.0, 1.5], {"5-gram": 1.7}, window=4)
    running, other, line = ax.lines
    np.testing.assert_allclose(running.get_ydata(), np.arange(1.5, 8))
    np.testing.assert_allclose(running.get_xdata(), np.arange(4, 11))
    np.testing.assert_allclose(other.get_xydata(), [[5, 2.0], [10, 1.5]])
    assert set(line.get_ydata()) == {1.7} and "5-gram" in [text.get_text().strip() for text in ax.texts]
    assert "nats" in ax.get_ylabel() and ax.child_axes[0].get_ylabel() == "bits a character"


@pytest.mark.parametrize("given", [False, True])
def test_sampling_draws_one_panel_a_setting(given):
    axes = new_figure(1, 2)[1] if given else None
    drawn = plots.plot_sampling(["a", " "], {"T = 1": [0.75, 0.25], "T = 2": [0.6, 0.4]}, axes=axes)
    assert not given or drawn is axes
    for ax, name, heights in zip(drawn, ["T = 1", "T = 2"], [[0.75, 0.25], [0.6, 0.4]]):
        assert ax.get_title() == name
        np.testing.assert_allclose([bar.get_height() for bar in ax.patches], heights)
        assert [label.get_text() for label in ax.get_xticklabels()] == ["a", "␣"]
    assert drawn[0].get_ylabel() == "probability"
