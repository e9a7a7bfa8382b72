"""Exercises of notebook 05. PyTorch is loaded when one of them runs, not before."""

import numpy as np

from course_lib.checks._exercise import Exercise, Mistake, Property, odd_sizes
from course_lib.checks._properties import inputs_untouched, right_form
from course_lib.checks._values import foreign


def draw_batch(rng):
    """Draw outputs for padded sequences; where the padding is, they hold numbers too, as an LSTM's do."""
    B, T, H = odd_sizes(rng, 3, low=3)
    lengths = rng.integers(1, T, B)
    lengths[0] = T - 1  # nobody fills all T steps, so that the last column is always padding
    return {"outputs": rng.normal(size=(B, T, H)), "lengths": lengths}


def draw_extremes(rng):
    """Draw a batch with one sequence that fills every step and one of a single word."""
    inputs = draw_batch(rng)
    B, T, _ = inputs["outputs"].shape
    lengths = inputs["lengths"].copy()
    lengths[:2] = T, 1
    return inputs | {"lengths": lengths}


def drive(function, inputs):
    """Call with tensors; give back the result, and the gradient of its sum by `outputs`."""
    import torch

    # from_numpy shares memory with the arrays, so that changes in place are seen there.
    outputs = torch.from_numpy(inputs["outputs"]).requires_grad_()
    result = function(outputs, torch.from_numpy(inputs["lengths"]))
    is_tensor = isinstance(result, torch.Tensor)
    if is_tensor and result.requires_grad:
        result.sum().backward()
    gradient = np.zeros(outputs.shape) if outputs.grad is None else outputs.grad.numpy()
    if is_tensor:
        return result.detach().numpy(), gradient
    return (None if result is None else foreign(result)), gradient


def rows(outputs):
    import torch

    return torch.arange(len(outputs))


def last_real_step(outputs, lengths):
    return outputs[rows(outputs), lengths - 1]


def real(outputs, lengths):
    """Which steps are words: (B, T, 1)."""
    import torch

    return (torch.arange(outputs.shape[1]) < lengths[:, None])[:, :, None]


def in_place(outputs, lengths):
    lengths -= 1
    return outputs[rows(outputs), lengths]


last_hidden = Exercise(
    name="last_hidden",
    chapter="05_imdb_sentiment",
    title="The last real step",
    minutes=10,
    difficulty="easy",
    draw=draw_batch,
    drive=drive,
    reference=last_real_step,
    returns=("the result", "the gradient by outputs"),
    array="torch tensor",
    properties=(
        Property("a tensor comes back, with one row a sequence", 2, test=right_form),
        Property("each row is the output at the sequence's last real step", 4, part="the result"),
        Property("a review that fills every step, and one of a single word", 1, draw=draw_extremes, part="the result"),
        Property("gradients flow back to that step, and to no other", 2, part="the gradient by outputs"),
        Property("the inputs stay as they were", 1, test=inputs_untouched),
    ),
    mistakes=(
        Mistake(
            "the last column is taken, padding or not",
            lambda outputs, lengths: outputs[:, -1],
            "Short sequences end before the last column; what stands there was computed from padding.",
        ),
        Mistake(
            "the step after the last real one is taken",
            lambda outputs, lengths: outputs[rows(outputs), lengths],
            "A sequence of length 3 has the steps 0, 1 and 2.",
        ),
        Mistake(
            "the step before the last real one is taken",
            lambda outputs, lengths: outputs[rows(outputs), lengths - 2],
            "A sequence of length 3 has the steps 0, 1 and 2.",
        ),
        Mistake(
            "the same step, the longest sequence's last, is taken for all",
            lambda outputs, lengths: outputs[:, lengths.max() - 1],
            "Each sequence has an end of its own: the index along T must differ from row to row.",
        ),
        Mistake(
            "the first step is taken",
            lambda outputs, lengths: outputs[:, 0],
            "After its first word an LSTM knows one word. Where has it read the whole review?",
        ),
        Mistake(
            "every row is taken with every length",
            lambda outputs, lengths: outputs[:, lengths - 1],
            "`outputs[:, index]` takes all rows for each index. Pair row b with its own length: index both axes.",
        ),
        Mistake(
            "time stands first",
            lambda outputs, lengths: outputs[lengths - 1, rows(outputs)],
            "`outputs` is (B, T, H), as batch_first=True gives it: the row comes first, then the step.",
        ),
        Mistake(
            "the outputs are averaged over all steps, padding too",
            lambda outputs, lengths: outputs.mean(1),
            "A mean is a good idea for another day, without the padding. Here one step is wanted.",
        ),
        Mistake(
            "the outputs are averaged over the real steps",
            lambda outputs, lengths: (outputs * real(outputs, lengths)).sum(1) / lengths[:, None],
            "A masked mean is a good idea for another day. Here one step is wanted.",
        ),
        Mistake(
            "the outputs are added up over the real steps",
            lambda outputs, lengths: (outputs * real(outputs, lengths)).sum(1),
            "A mask for one step would do it; yours keeps every real step.",
        ),
        Mistake(
            "the tensor is cut off from its gradient",
            lambda outputs, lengths: last_real_step(outputs, lengths).detach(),
            "The values are right, but nothing can be learnt through them: no detach, no .data, no way through NumPy.",
        ),
        Mistake(
            "lengths is changed in place",
            in_place,
            "The values are right, but `lengths -= 1` writes into your caller's tensor; `lengths - 1` makes a new one.",
        ),
    ),
)

EXERCISES = (last_hidden,)
