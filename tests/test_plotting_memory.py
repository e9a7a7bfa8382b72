"""The figures of notebook 01 draw what they are given."""

import numpy as np

from course_lib.plotting.memory import plot_learning, plot_recall, plot_trace, plot_unrolled
from course_lib.plotting.style import new_axes

ROWS = [
    dict(model="RNN", delay=5, accuracy=[1.0, 0.9, 0.2]),
    dict(model="RNN", delay=50, accuracy=[0.1, 0.2, 0.6]),
    dict(model="LSTM", delay=5, accuracy=[1.0, 1.0, 1.0]),
    dict(model="LSTM", delay=50, accuracy=[0.5, 0.7, 0.9]),
]


def test_the_unrolled_network_has_one_box_for_every_word_and_state():
    ax = plot_unrolled(["to", "be"])
    texts = [text.get_text() for text in ax.texts]
    assert texts.count("step") == 3  # the loop, and one a word
    assert {"to", "be", "$h_1$", "$h_2$", "$h_0 = 0$"} <= set(texts)


def test_the_trace_is_drawn_on_a_logarithmic_axis():
    distance = np.array([1.0, 0.1, 0.01])
    ax = plot_trace({"one": distance})
    assert ax.get_yscale() == "log"
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), distance)


def test_learning_is_a_running_mean_in_percent():
    ax = plot_learning({"a": np.array([0.0, 1.0, 1.0, 0.0])}, chance=0.5, window=2)
    np.testing.assert_allclose(ax.lines[0].get_ydata(), [50, 100, 50])
    np.testing.assert_allclose(ax.lines[0].get_xdata(), [2, 3, 4])
    np.testing.assert_allclose(ax.lines[1].get_ydata(), 50)


def test_recall_draws_medians_and_every_seed():
    ax = plot_recall(ROWS, chance=0.125)
    medians = [line.get_ydata() for line in ax.lines if line.get_label() in ("RNN", "LSTM")]
    np.testing.assert_allclose(medians, [[90, 20], [100, 70]])
    points = np.concatenate([line.get_ydata() for line in ax.lines if line.get_linestyle() == "None"])
    assert sorted(points) == sorted(100 * np.concatenate([row["accuracy"] for row in ROWS]))


def test_every_figure_draws_into_the_axes_it_is_given_and_labels_them():
    for draw in (lambda ax: plot_trace({"a": np.ones(3)}, ax=ax), lambda ax: plot_recall(ROWS, 0.1, ax=ax),
                 lambda ax: plot_learning({"a": np.ones(60)}, 0.1, ax=ax)):
        given = new_axes()
        assert draw(given) is given
        assert given.get_title() and given.get_xlabel() and given.get_ylabel()
