"""Figures of notebook 02: gradients on their way back through time, and what clipping does to training."""

import numpy as np

from course_lib.plotting.style import BLACK, BLUE, GREEN, ORANGE, PURPLE, RED, SKY, new_axes, new_figure, tidy

SERIES = (BLUE, SKY, GREEN, ORANGE, RED, PURPLE, BLACK)
DASHES = ("-", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1)), (0, (6, 1, 1, 1)), "--", ":")


def plot_gradient_norms(norms, *, ax=None, title=None, ylabel="length of the gradient", ylim=None):
    """Draw the length of a gradient against the steps it has travelled back, one curve a network.

    Parameters
    ----------
    norms : dict of str to float array (T,)
        For each network ‖dL/dh_t‖ for t = 1 … T, as `course_lib.gradients.rnn_gradient_norms` returns it; drawn from
        the last step backwards. The dict's key is written at the curve's far end.
    ax : matplotlib Axes, optional
    title, ylabel : str, optional
    ylim : (float, float), optional

    Returns
    -------
    matplotlib Axes
        With a logarithmic vertical axis.
    """
    ax = new_axes(ax)
    ends = {}
    for (name, values), colour, dash in zip(norms.items(), SERIES, DASHES):
        back = np.asarray(values)[::-1]
        ax.semilogy(back, color=colour, linestyle=dash, linewidth=2, label=name)
        ends[name] = (len(back) - 1, back[-1], colour)
    ax.axhline(1.0, color="0.6", linewidth=0.8)
    tidy(ax, title=title, xlabel="steps back in time", ylabel=ylabel)
    ax.set_ylim(ylim)
    _label_ends(ax, ends)
    return ax


def _label_ends(ax, ends, gap=0.055):
    """Write each name right of its curve's end; names nearer than `gap` of the axes' height are moved apart."""
    ax.margins(x=0.02)
    low, high = np.log(ax.get_ylim())
    heights = {name: (np.log(y) - low) / (high - low) for name, (_, y, _) in ends.items()}
    below = -np.inf
    for name in sorted(heights, key=heights.get):
        x, _, colour = ends[name]
        below = max(heights[name], below + gap)
        ax.annotate(name, (x, below), xycoords=("data", "axes fraction"), xytext=(6, 0), textcoords="offset points",
                    va="center", color=colour, fontsize=9, fontweight="bold", annotation_clip=False)


def plot_linear_and_tanh(linear, tanh, *, axes=None):
    """Draw gradient norms through linear units beside those through tanh units, on one scale.

    Parameters
    ----------
    linear, tanh : dict of str to float array (T,)
        As for `plot_gradient_norms`.
    axes : pair of matplotlib Axes, optional

    Returns
    -------
    array of two matplotlib Axes
    """
    if axes is None:
        _, axes = new_figure(1, 2, figsize=(9.2, 4.0))
    drawn = np.concatenate([*linear.values(), *tanh.values()])
    ylim = drawn.min() / 30, drawn.max() * 30
    for ax, norms, title in zip(axes, (linear, tanh), ("linear units", "tanh units")):
        plot_gradient_norms(norms, ax=ax, title=title, ylim=ylim)
    return axes


def plot_matrix_powers(lengths, bound, rate, *, ax=None):
    """Draw how much the powers of a matrix can lengthen a vector, between what bounds them and what they tend to.

    Parameters
    ----------
    lengths, bound, rate : float arrays (K + 1,)
        For k = 0 … K: the largest singular value of A^k, that of A to the power k, and the spectral radius to the
        power k.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
        With a logarithmic vertical axis.
    """
    ax = new_axes(ax)
    ax.semilogy(bound, color=RED, linestyle="--", linewidth=2, label="largest singular value, to the power k")
    ax.semilogy(lengths, color=BLACK, linewidth=2.5, label="k steps, measured")
    ax.semilogy(rate, color=BLUE, linestyle=":", linewidth=2.5, label="largest |eigenvalue|, to the power k")
    ax.set_ylim(min(np.min(rate), np.min(lengths)) / 3, 30 * np.max(lengths))
    ax.legend(frameon=False)
    return tidy(ax, xlabel="steps k", ylabel="greatest lengthening")


def plot_clipping(runs, *, guessing=None, axes=None):
    """Draw the loss and the gradient's norm of several trainings, one panel each.

    Parameters
    ----------
    runs : dict of str to (losses, norms)
        For each training float arrays (steps,): the loss in nats, and the norm of the gradient before any clipping.
    guessing : float, optional
        Loss of a guess, in nats; drawn as a line.
    axes : pair of matplotlib Axes, optional

    Returns
    -------
    array of two matplotlib Axes
    """
    if axes is None:
        _, axes = new_figure(1, 2, figsize=(9.2, 3.6))
    for (name, (losses, norms)), colour, dash in zip(runs.items(), (RED, BLUE, GREEN), ("-", "-", "--")):
        axes[0].plot(losses, color=colour, linestyle=dash, linewidth=1.4, label=name)
        axes[1].semilogy(norms, color=colour, linestyle=dash, linewidth=1.4, label=name)
    if guessing is not None:
        axes[0].axhline(guessing, color="0.35", linestyle=":")
        axes[0].annotate("guessing", (1, guessing), xycoords=("axes fraction", "data"), xytext=(-4, -4),
                         textcoords="offset points", ha="right", va="top", color="0.35")
    tidy(axes[0], title="loss", xlabel="training step", ylabel="loss (nats)")
    tidy(axes[1], title="norm of the gradient, before clipping", xlabel="training step", ylabel="norm")
    axes[1].legend(frameon=False)
    return axes
