"""What every measurement of a model needs: dropout off, no gradients, and the model left as it was found."""

from contextlib import contextmanager

import torch


@contextmanager
def evaluating(model):
    """Keep dropout off and gradients away inside ``with evaluating(model):``; after it, the mode is as before.

    Also if an error or Ctrl-C ends it. Tensors made inside can not take part in training.
    """
    was_training = model.training
    model.eval()
    try:
        with torch.inference_mode():
            yield
    finally:
        model.train(was_training)
