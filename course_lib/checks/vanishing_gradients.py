"""Exercises of notebook 02."""

import numpy as np

from course_lib import optim
from course_lib.checks._compare import elementwise
from course_lib.checks._exercise import Exercise, Mistake, Property, odd_sizes
from course_lib.checks._properties import inputs_untouched, right_form


def draw_gradient(rng, share):
    """Draw gradients of an RNN, one value of them huge, and a `max_norm` of `share` times their norm."""
    D, H = odd_sizes(rng, 2)
    grads = {"W_ih": rng.normal(size=(H, D)), "W_hh": rng.normal(size=(H, H)), "b": rng.normal(size=H)}
    grads["b"][0] = -10.0  # so that clipping value by value shows
    return {"grads": grads, "max_norm": float(share * optim.global_norm(grads))}


def draw_long(rng):
    """Draw a gradient that is too long."""
    return draw_gradient(rng, rng.uniform(0.05, 0.5))


def draw_short(rng):
    """Draw a gradient that is short enough."""
    return draw_gradient(rng, rng.uniform(1.5, 3.0))


def draw_flat(rng):
    """Draw a gradient of zeros."""
    inputs = draw_long(rng)
    return inputs | {"grads": {name: np.zeros_like(g) for name, g in inputs["grads"].items()}}


def norm_of(grads):
    return np.sqrt(sum((g**2).sum() for g in grads.values()))


def clip(grads, max_norm):
    return optim.clip_by_norm(grads, max_norm)


def clip_each(grads, max_norm):
    own = {name: min(1.0, max_norm / max(np.sqrt((g**2).sum()), 1e-12)) for name, g in grads.items()}
    return {name: g * own[name] for name, g in grads.items()}, norm_of(grads)


def clip_values(grads, max_norm):
    return {name: np.clip(g, -max_norm, max_norm) for name, g in grads.items()}, norm_of(grads)


def always_rescale(grads, max_norm):
    norm = norm_of(grads)
    return {name: g * (max_norm / norm) for name, g in grads.items()}, norm


def to_unit_length(grads, max_norm):
    norm = norm_of(grads)
    return {name: g / norm if norm > max_norm else g.copy() for name, g in grads.items()}, norm


def norm_afterwards(grads, max_norm):
    clipped, _ = clip(grads, max_norm)
    return clipped, norm_of(clipped)


def clip_by(measure):
    """Make a clipping that takes `measure` for the norm."""

    def wrong(grads, max_norm):
        norm = measure(grads)
        scale = min(1.0, max_norm / norm) if norm else 1.0
        return {name: g * scale for name, g in grads.items()}, norm

    return wrong


def backwards(grads, max_norm):
    norm = norm_of(grads)
    scale = norm / max_norm if norm > max_norm else 1.0
    return {name: g * scale for name, g in grads.items()}, norm


def never_clip(grads, max_norm):
    return {name: g.copy() for name, g in grads.items()}, norm_of(grads)


def clip_in_place(grads, max_norm):
    norm = norm_of(grads)
    if norm > max_norm:
        for g in grads.values():
            g *= max_norm / norm
    return grads, norm


clip_by_norm = Exercise(
    name="clip_by_norm",
    chapter="02_vanishing_gradients",
    title="Clip a gradient without turning it",
    minutes=10,
    difficulty="easy",
    draw=draw_long,
    reference=clip,
    # Frameworks add 1e-6 to the norm before they divide by it; that is right enough.
    close=elementwise(rtol=1e-5),
    returns=("clipped", "norm"),
    properties=(
        Property("a dict with the same keys and shapes comes back, and a number", 1, test=right_form),
        Property("the norm is that of all arrays together, before clipping", 2, part="norm"),
        Property("a gradient that is too long is shortened to max_norm and keeps its direction", 3, part="clipped"),
        Property("a gradient that is short enough is left alone", 2, draw=draw_short),
        Property("a gradient of zeros is no trouble", 1, draw=draw_flat),
        Property("the inputs stay as they were", 1, test=inputs_untouched),
    ),
    mistakes=(
        Mistake(
            "each array is clipped by its own norm",
            clip_each,
            "That turns the gradient: long parts shrink, short ones do not. One scale for all keeps the direction.",
        ),
        Mistake(
            "each value is clipped by itself",
            clip_values,
            "That turns the gradient, and many values at the limit are together longer than max_norm. Find one scale.",
        ),
        Mistake(
            "a short gradient is made longer too",
            always_rescale,
            "max_norm is a limit, not a target. What should the scale be when the norm is below it, or zero?",
        ),
        Mistake(
            "a long gradient is scaled to length 1",
            to_unit_length,
            "The direction is right. Dividing by the norm gives length 1: what is still missing?",
        ),
        Mistake(
            "the norm is measured after clipping",
            norm_afterwards,
            "The norm is there to show when training is about to explode; afterwards it never exceeds max_norm.",
        ),
        Mistake(
            "the square root is missing",
            clip_by(lambda grads: sum((g**2).sum() for g in grads.values())),
            "A norm has the unit of the gradient itself. What is the norm of (3, 4)?",
        ),
        Mistake(
            "the norms of the arrays are added up",
            clip_by(lambda grads: sum(np.sqrt((g**2).sum()) for g in grads.values())),
            "Two sides of a right angle, 3 and 4, are 5 together and not 7. Where does the root belong?",
        ),
        Mistake(
            "the absolute values are added up",
            clip_by(lambda grads: sum(np.abs(g).sum() for g in grads.values())),
            "That is another norm (L1). Here a length is meant, the root of the sum of squares.",
        ),
        Mistake(
            "the largest value is taken for the norm",
            clip_by(lambda grads: max(np.abs(g).max() for g in grads.values())),
            "That is another norm (of the maximum). Here a length is meant, the root of the sum of squares.",
        ),
        Mistake(
            "the scale is upside down",
            backwards,
            "A gradient that is too long should get shorter. Is your factor below 1?",
        ),
        Mistake(
            "nothing is ever clipped",
            never_clip,
            "The norm is right. Is the condition the right way round, and is its result used?",
        ),
        Mistake(
            "the arrays are changed in place",
            clip_in_place,
            "The values are right, but `g *= …` writes into your caller's array; `g * …` makes a new one.",
        ),
    ),
)

EXERCISES = (clip_by_norm,)
