"""The LSTM cell, drawn by code: one step, with or without its numbers."""

from matplotlib.colors import to_rgb
from matplotlib.patches import Circle, FancyBboxPatch

from course_lib.plotting.style import BLACK, BLUE, GREEN, ORANGE, PURPLE, RED, new_axes

GATE_COLOURS = {"i": GREEN, "f": RED, "g": ORANGE, "o": PURPLE}
CELL_COLOUR, HIDDEN_COLOUR = BLUE, BLACK

COLUMNS = {"f": 2.95, "i": 5.2, "g": 7.45, "o": 9.7}  # where each block stands, from left to right
MIDDLE, READ = 6.325, 11.8  # where i meets g, and where the cell state is read into h
BUS, BLOCK, SHOW, MEET, HIGHWAY = 1.4, 2.95, 4.2, 4.75, 6.25  # heights: h and x · blocks · o meets c · i meets g · c
LEFT, RIGHT = 0.1, 14.1  # where the wires begin and end
HALF_BLOCK, RADIUS = (1.02, 0.72), 0.33
ROLES = {"f": ("forget gate", "what to keep", "σ"), "i": ("input gate", "what to write", "σ"),
         "g": ("candidate", "the new content", "tanh"), "o": ("output gate", "what to show", "σ")}
SYMBOLS = {"c": "c_{t-1}", "h": "h_{t-1}", "x": "x_t", "f": "f_t", "i": "i_t", "g": "g_t", "o": "o_t",
           "c_next": "c_t", "h_next": "h_t"}
HEADS = {(1, 0): ">", (-1, 0): "<", (0, 1): "^", (0, -1): "v"}


def plot_lstm_cell(values=None, *, ax=None):
    """Draw one step of an LSTM cell: three gates, a candidate, and the cell state that passes through.

    Parameters
    ----------
    values : dict of str to float, optional
        Numbers of one scalar step to write beside the symbols: any of ``c, h, x, f, i, g, o, c_next, h_next``.
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If `values` names something that is not in the drawing.

    Notes
    -----
    A coloured block has weights, reads ``h`` and ``x`` and squashes; a white shape works element by element and has
    no weights. The cell state meets no matrix on its way. Taught in notebook 03.
    """
    values = values or {}
    unknown = sorted(set(values) - set(SYMBOLS))
    if unknown:
        raise ValueError(f"values may hold {', '.join(SYMBOLS)}, got {unknown[0]!r}")
    ax = new_axes(ax, figsize=(10.0, 5.5))
    ax.set(xlim=(-1.0, 15.1), ylim=(-1.05, 7.65), aspect="equal")
    ax.set_axis_off()
    _rounded(ax, 1.45, 0.65, 11.25, 6.5, radius=0.5, facecolor="0.965", edgecolor="0.72", linewidth=1.5, zorder=0)
    labels = {name: _label(name, values) for name in SYMBOLS}
    _draw_inputs(ax, labels)
    _draw_highway(ax, labels)
    _draw_read(ax, labels)
    for name in COLUMNS:
        _draw_block(ax, name)
    _draw_key(ax)
    return ax


def _label(name, values):
    number = f" = {values[name]:.2f}".replace("-", "−") if name in values else ""
    return f"${SYMBOLS[name]}${number}"


def _draw_inputs(ax, labels):
    """Let h and x enter, run along the bottom and rise into all four blocks."""
    floor = BLOCK - HALF_BLOCK[1]
    _wire(ax, [(LEFT, BUS), (COLUMNS["o"], BUS), (COLUMNS["o"], floor)], HIDDEN_COLOUR)
    _wire(ax, [(1.95, -0.2), (1.95, BUS)], HIDDEN_COLOUR, head=False)
    for name in "fig":
        _wire(ax, [(COLUMNS[name], BUS), (COLUMNS[name], floor)], HIDDEN_COLOUR)
    for x in (1.95, *(COLUMNS[name] for name in "fig")):
        _dot(ax, x, BUS, HIDDEN_COLOUR)
    _text(ax, 1.25, BUS + 0.4, labels["h"], size=16, side="right")
    _text(ax, 1.95, -0.6, labels["x"], size=16)


def _draw_highway(ax, labels):
    """Let the cell state run along the top: scaled by f, then added to."""
    f, roof = COLUMNS["f"], BLOCK + HALF_BLOCK[1]
    _wire(ax, [(LEFT, HIGHWAY), (RIGHT, HIGHWAY)], CELL_COLOUR, width=5)
    _wire(ax, [(f, roof), (f, HIGHWAY - RADIUS)], GATE_COLOURS["f"])
    for name, edge in (("i", MIDDLE - RADIUS), ("g", MIDDLE + RADIUS)):
        _wire(ax, [(COLUMNS[name], roof), (COLUMNS[name], MEET), (edge, MEET)], GATE_COLOURS[name])
    _wire(ax, [(MIDDLE, MEET), (MIDDLE, HIGHWAY - RADIUS)], CELL_COLOUR)
    for x, y, sign in ((f, HIGHWAY, "×"), (MIDDLE, HIGHWAY, "+"), (MIDDLE, MEET, "×")):
        _operator(ax, x, y, sign)
    _text(ax, 1.25, HIGHWAY + 0.45, labels["c"], size=16, side="right", color=_shade(CELL_COLOUR))
    _text(ax, 12.9, HIGHWAY + 0.45, labels["c_next"], size=16, side="left", color=_shade(CELL_COLOUR))
    _text(ax, f + 0.15, 5.1, labels["f"], side="left", color=_shade(GATE_COLOURS["f"]))
    _text(ax, COLUMNS["i"] - 0.15, 4.2, labels["i"], side="right", color=_shade(GATE_COLOURS["i"]))
    _text(ax, COLUMNS["g"] + 0.15, 4.2, labels["g"], side="left", color=_shade(GATE_COLOURS["g"]))


def _draw_read(ax, labels):
    """Take the new cell state down through tanh, scale it by o, and let it leave as h."""
    o, roof = COLUMNS["o"], BLOCK + HALF_BLOCK[1]
    _wire(ax, [(READ, HIGHWAY), (READ, BUS), (RIGHT, BUS)], HIDDEN_COLOUR)
    _dot(ax, READ, HIGHWAY, CELL_COLOUR)
    _wire(ax, [(o, roof), (o, SHOW), (READ - RADIUS, SHOW)], GATE_COLOURS["o"])
    _operator(ax, READ, SHOW, "×")
    _rounded(ax, READ - 0.62, 4.98, 1.24, 0.6, radius=0.3, facecolor="white", edgecolor=BLACK, linewidth=1.6, zorder=4)
    _text(ax, READ, 5.27, "tanh", size=13)
    _text(ax, o + 0.05, SHOW + 0.35, labels["o"], side="left", color=_shade(GATE_COLOURS["o"]))
    _text(ax, 12.9, BUS + 0.4, labels["h_next"], size=16, side="left")


def _draw_block(ax, name):
    (width, height), colour, x = HALF_BLOCK, GATE_COLOURS[name], COLUMNS[name]
    _rounded(ax, x - width, BLOCK - height, 2 * width, 2 * height, radius=0.18, facecolor=_tint(colour),
             edgecolor=colour, linewidth=2.6, zorder=4)
    heading, role, squash = ROLES[name]
    _text(ax, x, BLOCK + 0.38, heading, size=12, weight="bold")
    _text(ax, x, BLOCK - 0.02, role, size=10)
    _text(ax, x, BLOCK - 0.43, squash, size=13)


def _draw_key(ax):
    _rounded(ax, 3.9, -0.83, 0.62, 0.46, radius=0.1, facecolor="0.9", edgecolor="0.35", linewidth=2, zorder=4)
    _text(ax, 4.72, -0.62, "weights, then squashing", side="left", size=12)
    _operator(ax, 8.9, -0.6, "", radius=0.24)
    _text(ax, 9.34, -0.62, "element by element, no weights", side="left", size=12)


def _wire(ax, points, colour, width=2.4, head=True):
    """Draw a line through `points`, with an arrowhead whose tip is the last of them."""
    ax.plot(*zip(*points), color=colour, linewidth=width, solid_joinstyle="round", solid_capstyle="butt", zorder=2)
    if head:
        (x0, y0), (x, y) = points[-2:]
        dx, dy = int(x > x0) - int(x < x0), int(y > y0) - int(y < y0)
        ax.plot(x - 0.11 * dx, y - 0.11 * dy, HEADS[dx, dy], color=colour, markersize=6 + 1.8 * width, zorder=3)


def _dot(ax, x, y, colour):
    ax.plot(x, y, "o", color=colour, markersize=7, zorder=3)


def _operator(ax, x, y, sign, radius=RADIUS):
    ax.add_patch(Circle((x, y), radius, facecolor="white", edgecolor=BLACK, linewidth=1.6, zorder=4))
    _text(ax, x, y - 0.03, sign, size=19)


def _rounded(ax, x, y, width, height, radius, **style):
    ax.add_patch(FancyBboxPatch((x, y), width, height, boxstyle=f"round,pad=0,rounding_size={radius}", **style))


def _text(ax, x, y, text, size=15, side="center", color=BLACK, **style):
    ax.text(x, y, text, fontsize=size, ha=side, va="center", color=color, zorder=5, **style)


def _tint(colour, strength=0.2):
    return tuple(1 - strength * (1 - channel) for channel in to_rgb(colour))


def _shade(colour, strength=0.72):
    """Return a darker tone of `colour`, for text that must stand out on white."""
    return tuple(strength * channel for channel in to_rgb(colour))
