"""Figures of notebook 04: the two carries, the V of a gradient check, what surprises a small model, and speed."""

import numpy as np
from matplotlib.patches import FancyBboxPatch

from course_lib.plotting.style import BLACK, BLUE, GREEN, ORANGE, PURPLE, RED, new_axes, tidy

SERIES = (BLUE, RED, GREEN, PURPLE, ORANGE, BLACK)
MARKERS = "osD^vP"


def plot_two_carries(*, ax=None):
    """Draw how the gradient travels back through three steps: two wires, and what joins them at each step.

    Parameters
    ----------
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    ax = new_axes(ax, figsize=(8.6, 3.4))
    for k, step in enumerate(("t-1", "t", "t+1")):
        x = 3.2 * k
        ax.add_patch(FancyBboxPatch((x - 0.75, -0.95), 1.5, 1.9, boxstyle="round,pad=0.02,rounding_size=0.12",
                                    facecolor="0.93", edgecolor="0.25", linewidth=1.2))
        ax.text(x, 0, f"step ${step}$", ha="center", va="center", fontsize=12)
        _wire(ax, (x, 1.95), (x, 1.0), "0.35")
        ax.text(x, 2.1, f"from the output $h_{{{step}}}$", ha="center", va="bottom", fontsize=11, color="0.25")
        _wire(ax, (x, -1.0), (x, -1.75), "0.35")
        ax.text(x, -1.9, "weights: add", ha="center", va="top", fontsize=11, color="0.25")
    for x in (1.6, 4.8, 8.0):
        _wire(ax, (x + 0.8, 0.5), (x - 0.8, 0.5), BLUE, width=3.2)
        _wire(ax, (x + 0.8, -0.5), (x - 0.8, -0.5), BLACK)
        ax.text(x, 0.66, r"$dc * f$", ha="center", va="bottom", fontsize=12, color=BLUE)
        ax.text(x, -0.66, r"$da\,W_{hh}$", ha="center", va="top", fontsize=12)
    ax.set(xlim=(-1.3, 9.2), ylim=(-2.4, 2.6), aspect="equal")
    ax.axis("off")
    return ax


def _wire(ax, start, end, colour, width=1.6):
    ax.annotate("", end, start, arrowprops=dict(arrowstyle="-|>", color=colour, linewidth=width, mutation_scale=16,
                                                shrinkA=0, shrinkB=0))


def plot_reach(norms, *, ax=None):
    """Draw how much of the last step's gradient arrives at each input before it.

    Parameters
    ----------
    norms : dict of str to float array (T,)
        ‖dL/dx_t‖ for t = 1 … T; zeros are left out of the drawing.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
        With a logarithmic vertical axis, and steps back from the last one along the other.
    """
    ax = new_axes(ax)
    for (name, norm), colour, marker in zip(norms.items(), SERIES, MARKERS):
        norm = np.where(np.asarray(norm)[::-1] > 0, np.asarray(norm)[::-1], np.nan)
        ax.semilogy(np.arange(len(norm)), norm, color=colour, marker=marker, markersize=4, label=name)
    ax.legend(frameon=False)
    return tidy(ax, "What the two carries bring back", "steps back from the last input", "norm of dL/dx")


def plot_gradient_check(epsilons, errors, accepted=1e-6, *, ax=None):
    """Draw the relative error of a gradient check against the step ε of its differences.

    Parameters
    ----------
    epsilons : float array (E,)
    errors : dict of str to float array (E,)
        One curve each, as `course_lib.gradients.relative_error` gives it.
    accepted : float
        The level below which a check passes, drawn as a dashed line.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
        Both axes logarithmic.
    """
    ax = new_axes(ax, figsize=(7.6, 4.6))
    for (name, error), colour, marker in zip(errors.items(), SERIES, MARKERS):
        ax.loglog(epsilons, error, color=colour, marker=marker, markersize=4.5, label=name)
    ax.axhline(accepted, color="0.4", linestyle="--", linewidth=1, label=f"passes below {accepted:.0e}")
    ax.legend(frameon=False, fontsize=9, loc="lower left")
    return tidy(ax, "A gradient check against its step", "step ε of the central difference", "relative error")


def plot_losses(losses, levels, *, ax=None):
    """Draw the loss of one training beside levels to compare it with.

    Parameters
    ----------
    losses : float array (steps,)
        In nats a character.
    levels : dict of str to float
        Drawn as dashed lines, each with its name.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    ax = new_axes(ax)
    ax.plot(np.arange(len(losses)), losses, color=BLUE)
    for name, level in levels.items():
        ax.axhline(level, color="0.4", linestyle="--", linewidth=1)
        ax.text(len(losses), level + 0.04, name, ha="right", va="bottom", fontsize=9, color="0.25")
    ax.set_ylim(bottom=0)
    return tidy(ax, "Learning the rhyme", "batches seen", "loss (nats a character)")


def plot_surprise(text, nats, width=72, *, ax=None):
    """Draw a text with every character on a ground as dark as the model was surprised by it.

    Parameters
    ----------
    text : str
    nats : float array (len(text),)
        −log of the probability that the model gave to each character.
    width : int
        Characters a line.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
        With a colour bar in nats.
    """
    rows = -(-len(text) // width)
    ax = new_axes(ax, figsize=(9.4, 0.6 + 0.3 * rows))
    ground = np.full(rows * width, np.nan)
    ground[:len(text)] = nats
    image = ax.imshow(ground.reshape(rows, width), cmap="Blues", vmin=0, vmax=6, aspect="auto")
    for k, character in enumerate(text):
        ax.text(k % width, k // width, character.replace("\n", "↵"), ha="center", va="center", family="monospace",
                fontsize=9, color="white" if nats[k] > 3.5 else "black")
    ax.figure.colorbar(image, ax=ax, label="nats", pad=0.01)
    ax.set(xticks=[], yticks=[], title="How much each character surprised the model")
    ax.spines[:].set_visible(False)
    return ax


def plot_speed(rows, *, ax=None):
    """Draw the time of one training step as a multiple of torch's, one group of bars for each size.

    Parameters
    ----------
    rows : list of dict
        As ``benchmarks/numpy_lstm.py`` writes them: ``B, T, D, H, step_ratio, gemm_step_ratio, naive_step_ratio``.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    ax = new_axes(ax, figsize=(7.6, 3.8))
    kinds = (("matrix products alone", "gemm_step_ratio", GREEN), ("our LSTM", "step_ratio", BLUE),
             ("one product a gate", "naive_step_ratio", RED))
    for k, (name, key, colour) in enumerate(kinds):
        place = np.arange(len(rows)) + 0.27 * (k - 1)
        bars = ax.bar(place, [row[key] for row in rows], 0.25, color=colour, label=name)
        ax.bar_label(bars, fmt="%.2f", fontsize=9, padding=2)
    ax.axhline(1, color=BLACK, linestyle="--", linewidth=1)
    ax.annotate("nn.LSTM", (1, 1), (4, 2), xycoords=("axes fraction", "data"), textcoords="offset points", fontsize=9)
    ax.set_xticks(np.arange(len(rows)), [f"B {r['B']}, T {r['T']}\nD {r['D']}, H {r['H']}" for r in rows])
    ax.legend(frameon=False)
    return tidy(ax, "One training step beside nn.LSTM", None, "time (nn.LSTM = 1)")
