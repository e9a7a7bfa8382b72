"""Figures of notebook 06: streams of text, n-grams by length, learning beside them, and what a sampler draws from."""

import numpy as np

from course_lib.plotting.style import BLACK, BLUE, GREEN, ORANGE, RED, SKY, YELLOW, new_axes, new_figure, tidy

NATS = "loss (nats a character)"
VISIBLE = {"\n": "⏎", " ": "␣"}


def plot_streams(rows, seq_len, *, ax=None):
    """Draw streams of text as rows of letters, the batches as coloured columns.

    Parameters
    ----------
    rows : sequence of str
        One stream a row, all of the same length.
    seq_len : int
        Characters a batch takes from each stream.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    length = len(rows[0])
    ax = new_axes(ax, figsize=(0.32 * length + 1.2, 0.42 * len(rows) + 0.9))
    for k, start in enumerate(range(0, length, seq_len)):
        ax.axvspan(start - 0.5, min(start + seq_len, length) - 0.5, color=(SKY, YELLOW)[k % 2], alpha=0.35, lw=0)
        ax.text(start + (seq_len - 1) / 2, -0.75, f"batch {k}", ha="center", va="bottom")
    for b, row in enumerate(rows):
        for t, character in enumerate(row):
            ax.text(t, b, VISIBLE.get(character, character), ha="center", va="center", family="monospace",
                    fontsize=13)
    ax.set(xlim=(-0.5, length - 0.5), ylim=(len(rows) - 0.4, -1.4), xticks=[])
    ax.set_yticks(range(len(rows)), [f"stream {b}" for b in range(len(rows))])
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return ax


def plot_ngrams(orders, curves, uniform, *, ax=None):
    """Draw the loss of n-gram models against the length of their n-grams.

    Parameters
    ----------
    orders : sequence of int
        Lengths n, in characters.
    curves : dict of str to sequence of float
        For each smoothing its loss at every order, in nats a character.
    uniform : float
        The loss of guessing evenly, drawn as a dashed line.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    ax = new_axes(ax)
    lowest = min(curves.values(), key=min)
    for (name, nats), colour, marker in zip(curves.items(), (ORANGE, BLUE, GREEN), "osD"):
        ax.plot(orders, nats, color=colour, marker=marker, label=name)
        best = int(np.argmin(nats))
        ax.annotate(f"{nats[best]:.2f}", (orders[best], nats[best]), xytext=(0, -17 if nats is lowest else 9),
                    textcoords="offset points", ha="center", color=colour)
    ax.axhline(uniform, color="0.4", linestyle="--", linewidth=1, label="uniform")
    ax.set_ylim(min(map(min, curves.values())) - 0.35, uniform + 0.2)
    ax.set_xticks(orders)
    ax.legend(frameon=False)
    return tidy(ax, "Counting: how far does a longer context help?", "length n of the n-grams (characters)", NATS)


def plot_learning(train_losses, valid_steps, valid_losses, lines, window=50, *, ax=None):
    """Draw a training beside the loss of models that only count.

    Parameters
    ----------
    train_losses : sequence of float
        Loss at every step, in nats a character; drawn as a running mean over `window` steps.
    valid_steps, valid_losses : sequences of float
        Steps after which the loss on other text was measured, and that loss in nats a character.
    lines : dict of str to float
        Levels to compare with, in nats a character.
    window : int
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
        With nats on the left axis and bits on the right one.
    """
    ax = new_axes(ax, figsize=(8.6, 4.2))
    window = min(window, len(train_losses))
    running = np.convolve(train_losses, np.ones(window) / window, mode="valid")
    ax.plot(np.arange(len(running)) + window, running, color=SKY, label="LSTM, text it learns from")
    ax.plot(valid_steps, valid_losses, color=BLUE, marker="o", clip_on=False, zorder=3, label="LSTM, other text")
    for (name, nats), colour in zip(lines.items(), (BLACK, ORANGE, RED, GREEN)):
        ax.axhline(nats, color=colour, linestyle="--", linewidth=1.2)
        ax.text(len(train_losses), nats, f" {name}", va="center", ha="left", color=colour)
    ax.set_xlim(0, len(train_losses))
    bits = ax.secondary_yaxis(-0.13, functions=(lambda nats: nats / np.log(2), lambda bits: bits * np.log(2)))
    bits.set_ylabel("bits a character")
    ax.legend(frameon=False)
    return tidy(ax, "Learning to write, beside models that count", "steps", NATS)


def plot_sampling(characters, distributions, *, axes=None):
    """Draw what a sampler draws from under several settings, as bars over the same characters.

    Parameters
    ----------
    characters : sequence of str
        The characters to show, N.
    distributions : dict of str to sequence of float
        For each setting the probability of each of these characters, (N,).
    axes : sequence of matplotlib Axes, optional
        One for each setting.

    Returns
    -------
    array of matplotlib Axes
    """
    if axes is None:
        size = (2.9 * len(distributions), 2.9)
        axes = np.atleast_1d(new_figure(1, len(distributions), figsize=size, sharey=True)[1])
    for ax, (name, probabilities), colour in zip(axes, distributions.items(), (BLUE, GREEN, ORANGE, RED)):
        ax.bar(range(len(characters)), probabilities, color=colour)
        ax.set_xticks(range(len(characters)), [VISIBLE.get(c, c) for c in characters], family="monospace")
        tidy(ax, name, "next character")
    axes[0].set_ylabel("probability")
    return axes
