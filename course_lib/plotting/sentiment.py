"""Figures of notebook 05: review lengths, padding drift, models compared, twist reviews, a review word by word."""

import numpy as np
from matplotlib.ticker import PercentFormatter

from course_lib.plotting.style import BLACK, BLUE, GREEN, ORANGE, PURPLE, RED, SKY, new_axes, tidy

SERIES = (BLUE, ORANGE, GREEN, PURPLE, SKY, RED)
MARKERS = "osD^vP"


def plot_lengths(lengths, max_len, *, ax=None):
    """Draw how long the reviews are, and where they are cut.

    Parameters
    ----------
    lengths : int array (N,)
        Words in each review.
    max_len : int
        Words that a model reads at most; drawn as a line.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    ax = new_axes(ax)
    lengths = np.asarray(lengths)
    edge = max(np.percentile(lengths, 99), max_len * 1.05)  # a few giants would squeeze all others to the left
    ax.hist(np.minimum(lengths, edge), bins=50, range=(0, edge), color=SKY)
    ax.axvline(max_len, color=BLACK, linestyle="--")
    ax.annotate(f"cut at {max_len}", (max_len, 0.92), (5, 0), xycoords=("data", "axes fraction"),
                textcoords="offset points")
    return tidy(ax, "How long are the reviews?", "words in a review (the last bar: this many or more)", "reviews")


def plot_drift(pads, naive, right, *, ax=None):
    """Draw how far two readings of "the last step" move as padding is added.

    Parameters
    ----------
    pads : sequence of int
        Padding steps added after the last word.
    naive, right : sequence of float
        Distance of the last column's state, and of the last real step's, from the state without padding.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    ax = new_axes(ax)
    ax.plot(pads, naive, color=RED, marker="o", label="last column")
    ax.plot(pads, right, color=BLUE, marker="s", label="last real step")
    ax.legend(frameon=False)
    return tidy(ax, "Padding moves the naive last step", "padding added (steps)", "distance from the unpadded state")


def plot_comparison(models, *, ax=None):
    """Draw the test accuracy of several models, a dot a seed.

    Parameters
    ----------
    models : dict of str to dict
        For each name, "test_accuracy" (list of shares, one a seed) and "train_seconds" (list).
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    ax = new_axes(ax, figsize=(7.6, 0.9 + 0.62 * len(models)))
    for row, (result, colour, marker) in enumerate(zip(models.values(), SERIES, MARKERS)):
        accuracy = result["test_accuracy"]
        ax.plot(accuracy, [row] * len(accuracy), marker, color=colour, markersize=8, alpha=0.8)
        ax.annotate(f"{np.median(accuracy):.1%} in {np.median(result['train_seconds']):.0f} s",
                    (max(accuracy), row), (10, 0), textcoords="offset points", va="center")
    ax.set_yticks(range(len(models)), models)
    ax.set_ylim(len(models) - 0.5, -0.5)
    ax.margins(x=0.3)
    ax.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    return tidy(ax, "IMDB, a dot a seed; beside it the median, and seconds of training", "right on the test set")


def plot_by_distance(distances, right, *, num_bins=6, ax=None):
    """Draw the share of right answers against the distance of what decides.

    Parameters
    ----------
    distances : int array (N,)
        Words between the second verdict of a twist review and its question, each at least 1.
    right : dict of str to bool array (N,)
        For each model, which reviews it got right.
    num_bins : int
        Groups of distances, equally wide on the logarithmic axis.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    ax = new_axes(ax)
    edges = np.geomspace(min(distances), max(distances) + 1, num_bins + 1)
    group = np.clip(np.searchsorted(edges, distances, side="right") - 1, 0, num_bins - 1)
    present = np.unique(group)
    middles = np.sqrt(edges[:-1] * edges[1:])[present]
    for (name, hits), colour, marker in zip(right.items(), SERIES, MARKERS):
        share = [np.mean(np.asarray(hits)[group == g]) for g in present]
        ax.plot(middles, share, color=colour, marker=marker, label=name)
    ax.axhline(0.5, color="0.5", linestyle=":", label="guessing")
    ax.set_xscale("log")
    ticks = [t for t in (5, 10, 20, 50, 100, 200, 500, 1000) if edges[0] <= t <= edges[-1]]
    ax.set_xticks(ticks, ticks)
    ax.set_xticks([], minor=True)
    ax.set_ylim(0.3, 1.05)
    ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    ax.legend(frameon=False, loc="center right")
    return tidy(ax, "Twist reviews", "words between the verdicts and the question (log scale)", "right")


def plot_logit_by_word(words, logits, *, ax=None):
    """Draw a review word by word, with the model's logit after each.

    Parameters
    ----------
    words : sequence of str
    logits : float array (T,)
        The logit after having read up to each word; above 0 means positive.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    ax = new_axes(ax, figsize=(max(5.0, 0.42 * len(words)), 3.4))
    logits = np.asarray(logits)
    ax.bar(range(len(words)), logits, color=np.where(logits > 0, BLUE, ORANGE))
    ax.axhline(0, color=BLACK, linewidth=0.8)
    ax.set_xticks(range(len(words)), words, rotation=60, ha="right", rotation_mode="anchor")
    return tidy(ax, "What the model thinks so far", "read up to this word", "logit (above 0: positive)")
