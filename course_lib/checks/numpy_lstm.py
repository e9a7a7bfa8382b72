"""Exercises of notebook 04."""

from types import SimpleNamespace

import numpy as np

from course_lib.checks._compare import relative_norm
from course_lib.checks._exercise import Exercise, Mistake, Property, odd_sizes
from course_lib.checks._properties import inputs_untouched, right_form
from course_lib.functional import sigmoid_slope, tanh_slope
from course_lib.lstm import lstm_gates


def draw_backward(rng):
    """Run one step forward on drawn inputs, and draw the two gradients that arrive from above and from later."""
    B, D, H = odd_sizes(rng, 3)
    x, h_prev, c_prev = rng.normal(size=(B, D)), rng.uniform(-0.9, 0.9, (B, H)), rng.normal(size=(B, H))
    W_ih, W_hh = rng.normal(size=(4 * H, D)) / np.sqrt(D), rng.normal(size=(4 * H, H)) / np.sqrt(H)
    i, f, g, o = lstm_gates(x @ W_ih.T + h_prev @ W_hh.T + rng.normal(size=4 * H))
    cache = {
        "x": x, "h_prev": h_prev, "c_prev": c_prev, "i": i, "f": f, "g": g, "o": o, "c": f * c_prev + i * g,
        "W_ih": W_ih, "W_hh": W_hh,
    }
    return {"dh": rng.normal(size=(B, H)), "dc": rng.normal(size=(B, H)), "cache": cache}


def draw_cell_only(rng):
    """Draw a step whose gradient arrives through the cell alone."""
    inputs = draw_backward(rng)
    return inputs | {"dh": np.zeros_like(inputs["dh"])}


# The way back in pieces: a mistake is one piece gone wrong. `s` holds the cache; `dc` is the whole gradient by c from
# the second line on, and `da` the gradient by the four sums.
RIGHT = {
    "dc": lambda dh, dc, s: dc + dh * s.o * tanh_slope(np.tanh(s.c)),
    "i": lambda dh, dc, s: dc * s.g * sigmoid_slope(s.i),
    "f": lambda dh, dc, s: dc * s.c_prev * sigmoid_slope(s.f),
    "g": lambda dh, dc, s: dc * s.i * tanh_slope(s.g),
    "o": lambda dh, dc, s: dh * np.tanh(s.c) * sigmoid_slope(s.o),
    "dx": lambda da, dc, s: da @ s.W_ih,
    "dh_prev": lambda da, dc, s: da @ s.W_hh,
    "dc_prev": lambda da, dc, s: dc * s.f,
    "dW_ih": lambda da, dc, s: da.T @ s.x,
    "dW_hh": lambda da, dc, s: da.T @ s.h_prev,
    "db": lambda da, dc, s: da.sum(axis=0),
}
RESULTS = ("dx", "dh_prev", "dc_prev", "dW_ih", "dW_hh", "db")


def way_back(order="ifgo", **wrong):
    """Make the way back through one step, with some of its pieces exchanged."""
    pieces = RIGHT | wrong

    def step(dh, dc, cache):
        s = SimpleNamespace(**cache)
        dc = pieces["dc"](dh, dc, s)
        da = np.concatenate([pieces[gate](dh, dc, s) for gate in order], axis=1)
        return {name: pieces[name](da, dc, s) for name in RESULTS}

    return step


def carry_what_came(dh, dc, cache):
    return way_back()(dh, dc, cache) | {"dc_prev": dc * cache["f"]}


def add_in_place(dh, dc, s):
    dc += dh * s.o * tanh_slope(np.tanh(s.c))
    return dc


lstm_step_backward = Exercise(
    name="lstm_step_backward",
    chapter="04_numpy_lstm",
    title="Back through one step",
    minutes=20,
    difficulty="hard",
    draw=draw_backward,
    reference=way_back(),
    close=relative_norm(1e-6),
    properties=(
        Property("a dict of six gradients, each shaped like what it is the gradient of", 1, test=right_form),
        Property("dx, the gradient by the input", 1, part="dx"),
        Property("dh_prev, carried back through the matrix", 1, part="dh_prev"),
        Property("dc_prev, carried back through the forget gate", 2, part="dc_prev"),
        Property("dW_ih, summed over the batch", 1, part="dW_ih"),
        Property("dW_hh, summed over the batch", 1, part="dW_hh"),
        Property("db, summed over the batch", 1, part="db"),
        Property("all of them when the gradient arrives through the cell alone", 1, draw=draw_cell_only),
        Property("dh, dc and the cache stay as they were", 1, test=inputs_untouched),
    ),
    mistakes=(
        Mistake(
            "nothing is carried back to h_prev",
            way_back(dh_prev=lambda da, dc, s: np.zeros_like(dc)),
            "h_prev took part in all four sums, through W_hh. What carries da back through that product?",
        ),
        Mistake(
            "the dc that comes from the later step is left out",
            way_back(dc=lambda dh, dc, s: dh * s.o * tanh_slope(np.tanh(s.c))),
            "c_t is read twice: by h_t, and by c_{t+1}. The gradient of the second reading arrives as dc.",
        ),
        Mistake(
            "nothing is carried back to c_prev",
            way_back(dc_prev=lambda da, dc, s: np.zeros_like(dc)),
            "c = f * c_prev + i * g. How much does c move when c_prev moves by a little?",
        ),
        Mistake(
            "dh never reaches the cell",
            way_back(dc=lambda dh, dc, s: dc),
            "h = o * tanh(c), so whatever h did to the loss, c had a share in it. Add that share to dc first.",
        ),
        Mistake(
            "the slope of tanh(c), 1 − tanh²(c), is missing",
            way_back(dc=lambda dh, dc, s: dc + dh * s.o),
            "From h back to c you pass o, and a tanh. What does a tanh multiply a gradient by?",
        ),
        Mistake(
            "1 − c² stands where 1 − tanh²(c) should",
            way_back(dc=lambda dh, dc, s: dc + dh * s.o * tanh_slope(s.c)),
            "The slope of tanh is one minus the square of its VALUE, and c is what went in.",
        ),
        Mistake(
            "dc is carried back unscaled, without the forget gate",
            way_back(dc_prev=lambda da, dc, s: dc),
            "c = f * c_prev + i * g. What stands in front of c_prev?",
        ),
        Mistake(
            "dc is carried back through i instead of f",
            way_back(dc_prev=lambda da, dc, s: dc * s.i),
            "c = f * c_prev + i * g. What stands in front of c_prev?",
        ),
        Mistake(
            "the dc that came in is carried back, without what dh adds to it",
            carry_what_came,
            "c_prev moves c, and c moves h as well. Use the whole gradient by c.",
        ),
        Mistake(
            "the forget gate's gradient uses the new c instead of c_prev",
            way_back(f=lambda dh, dc, s: dc * s.c * sigmoid_slope(s.f)),
            "c = f * c_prev + i * g. What stands behind f?",
        ),
        Mistake(
            "the slopes of the sigmoids are missing",
            way_back(
                i=lambda dh, dc, s: dc * s.g,
                f=lambda dh, dc, s: dc * s.c_prev,
                o=lambda dh, dc, s: dh * np.tanh(s.c),
            ),
            "You have the gradients by the gates. The sums lie one sigmoid further back: s (1 − s).",
        ),
        Mistake(
            "all four slopes are missing",
            way_back(
                i=lambda dh, dc, s: dc * s.g,
                f=lambda dh, dc, s: dc * s.c_prev,
                g=lambda dh, dc, s: dc * s.i,
                o=lambda dh, dc, s: dh * np.tanh(s.c),
            ),
            "You have the gradients by the gates and the candidate. The sums lie one squashing further back.",
        ),
        Mistake(
            "the candidate's slope is that of a sigmoid",
            way_back(g=lambda dh, dc, s: dc * s.i * sigmoid_slope(s.g)),
            "i, f and o come out of a sigmoid, but g comes out of a tanh.",
        ),
        Mistake(
            "the slope of the candidate's tanh is missing",
            way_back(g=lambda dh, dc, s: dc * s.i),
            "You have the gradient by g. Its sum lies one tanh further back.",
        ),
        Mistake(
            "the output gate's gradient uses c instead of tanh(c)",
            way_back(o=lambda dh, dc, s: dh * s.c * sigmoid_slope(s.o)),
            "h = o * tanh(c). What stands behind o?",
        ),
        Mistake(
            "the blocks stand in the order i, f, o, g",
            way_back("ifog"),
            "The four gradients must stand in the order of the rows of W_ih: i, f, g, o.",
        ),
        Mistake(
            "db is a mean over the batch instead of a sum",
            way_back(db=lambda da, dc, s: da.mean(axis=0)),
            "Every sequence used the same bias, and each adds its gradient. If a mean is wanted, the loss takes it.",
        ),
        Mistake(
            "db is not summed over the batch",
            way_back(db=lambda da, dc, s: da),
            "b has shape (4H,), and every sequence of the batch used it.",
        ),
        Mistake(
            "dW_ih and dW_hh are means over the batch instead of sums",
            way_back(
                dW_ih=lambda da, dc, s: da.T @ s.x / len(da),
                dW_hh=lambda da, dc, s: da.T @ s.h_prev / len(da),
            ),
            "Every sequence used the same weights, and each adds its gradient. If a mean is wanted, the loss takes it.",
        ),
        Mistake(
            "dW_ih and dW_hh are transposed",
            way_back(
                dW_ih=lambda da, dc, s: s.x.T @ da,
                dW_hh=lambda da, dc, s: s.h_prev.T @ da,
            ),
            "A gradient has the shape of its weight: (4H, D) for W_ih. Which factor must come first?",
        ),
        Mistake(
            "dc is changed in place",
            way_back(dc=add_in_place),
            "The values are right, but `dc += …` writes into your caller's array; `dc = dc + …` makes a new one.",
        ),
    ),
)

EXERCISES = (lstm_step_backward,)
