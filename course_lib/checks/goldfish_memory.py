"""Exercises of notebook 01."""

import numpy as np

from course_lib import rnn
from course_lib.checks._exercise import Exercise, Mistake, Property, odd_sizes
from course_lib.checks._properties import inputs_untouched, right_form
from course_lib.functional import sigmoid


def draw_step(rng, sizes=None):
    """Draw the inputs of one step; left to itself it takes three different sizes."""
    B, D, H = sizes or odd_sizes(rng, 3)
    return {
        "x": rng.normal(size=(B, D)),
        "h": rng.uniform(-0.9, 0.9, (B, H)),
        "W_ih": rng.normal(size=(H, D)) / np.sqrt(D),
        "W_hh": rng.normal(size=(H, H)) / np.sqrt(H),
        "b": rng.normal(size=H),
    }


def draw_new_mind(rng):
    """Draw a step with a state of zeros."""
    inputs = draw_step(rng)
    return inputs | {"h": np.zeros_like(inputs["h"])}


def draw_silence(rng):
    """Draw a step with an input of zeros."""
    inputs = draw_step(rng)
    return inputs | {"x": np.zeros_like(inputs["x"])}


def draw_equal_sizes(rng):
    """Draw a step where every size is 4: now no product refuses a matrix that should have been transposed."""
    return draw_step(rng, (4, 4, 4))


def step(x, h, W_ih, W_hh, b):
    return rnn.rnn_step(x, h, W_ih, W_hh, b)


def step_in_place(x, h, W_ih, W_hh, b):
    h[:] = np.tanh(x @ W_ih.T + h @ W_hh.T + b)
    return h


rnn_step = Exercise(
    name="rnn_step",
    chapter="01_goldfish_memory",
    title="One step of a memory",
    minutes=10,
    difficulty="easy",
    draw=draw_step,
    reference=step,
    properties=(
        Property("the new state has one row a sequence and one column a unit", 2, test=right_form),
        Property("with a state of zeros only the input counts", 2, draw=draw_new_mind),
        Property("with an input of zeros only the state counts", 2, draw=draw_silence),
        Property("input and state together", 2),
        Property("batch, input and state of one size", 1, draw=draw_equal_sizes),
        Property("the inputs stay as they were", 1, test=inputs_untouched),
    ),
    mistakes=(
        Mistake(
            "the old state is left out",
            lambda x, h, W_ih, W_hh, b: np.tanh(x @ W_ih.T + b),
            "A network without h is the goldfish. Which of the five inputs does your code never read?",
        ),
        Mistake(
            "the input is left out",
            lambda x, h, W_ih, W_hh, b: np.tanh(h @ W_hh.T + b),
            "It remembers but hears nothing new. Which of the five inputs does your code never read?",
        ),
        Mistake(
            "the bias is left out",
            lambda x, h, W_ih, W_hh, b: np.tanh(x @ W_ih.T + h @ W_hh.T),
            "With x and h all zeros the new state should be tanh(b). What is yours?",
        ),
        Mistake(
            "the bias is added after the tanh",
            lambda x, h, W_ih, W_hh, b: np.tanh(x @ W_ih.T + h @ W_hh.T) + b,
            "A state must stay between −1 and 1. What belongs inside the brackets of tanh?",
        ),
        Mistake(
            "the state's part is added after the tanh",
            lambda x, h, W_ih, W_hh, b: np.tanh(x @ W_ih.T + b) + h @ W_hh.T,
            "A state must stay between −1 and 1. What belongs inside the brackets of tanh?",
        ),
        Mistake(
            "the tanh is missing",
            lambda x, h, W_ih, W_hh, b: x @ W_ih.T + h @ W_hh.T + b,
            "The sum is right. What keeps a state between −1 and 1?",
        ),
        Mistake(
            "a sigmoid stands where the tanh should",
            lambda x, h, W_ih, W_hh, b: sigmoid(x @ W_ih.T + h @ W_hh.T + b),
            "A state can be negative; a sigmoid never is.",
        ),
        Mistake(
            "W_hh is not transposed",
            lambda x, h, W_ih, W_hh, b: np.tanh(x @ W_ih.T + h @ W_hh + b),
            "W_hh is square, so both ways round run. Row j of W_hh holds the weights INTO unit j: compare with W_ih.",
        ),
        Mistake(
            "W_ih is not transposed",
            lambda x, h, W_ih, W_hh, b: np.tanh(x @ W_ih + h @ W_hh.T + b),
            "Write the shapes below the product: (B, D) times what gives (B, H)? W_ih is (H, D).",
        ),
        Mistake(
            "neither matrix is transposed",
            lambda x, h, W_ih, W_hh, b: np.tanh(x @ W_ih + h @ W_hh + b),
            "Write the shapes below each product: (B, D) times what gives (B, H)? W_ih is (H, D).",
        ),
        Mistake(
            "each column is a sequence, instead of each row",
            lambda x, h, W_ih, W_hh, b: np.tanh(W_ih @ x.T + W_hh @ h.T + b[:, None]),
            "The values are right. The course keeps the batch first: (B, H).",
        ),
        Mistake(
            "the new state is written into h itself",
            step_in_place,
            "The values are right, but whoever called you still needs the old h, for the way back through time.",
        ),
    ),
)

EXERCISES = (rnn_step,)
