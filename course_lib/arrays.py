"""One clear sentence for an array that is not what a function needs."""

import numpy as np


def expect(name, array, shape):
    """Return `array` as a floating-point NumPy array of the given shape, or say what is wrong with it.

    Parameters
    ----------
    name : str
        What the message calls the array.
    array : array_like
    shape : dict of str to (int or None)
        A letter for each axis and its size; None leaves a size free. ``{"T": None, "B": 4, "D": 3}``

    Raises
    ------
    TypeError
        If the array does not hold real floating-point numbers.
    ValueError
        If its shape is another one.
    """
    array = np.asarray(array)
    if not np.issubdtype(array.dtype, np.floating):
        raise TypeError(f"{name} must hold floating-point numbers, got dtype {array.dtype}")
    sizes = tuple(shape.values())
    if array.ndim != len(sizes) or any(want not in (None, got) for want, got in zip(sizes, array.shape)):
        wanted = ", ".join(letter if size is None else f"{letter}={size}" for letter, size in shape.items())
        raise ValueError(f"{name} must have shape ({wanted}), got {array.shape}")
    return array
