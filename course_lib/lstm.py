"""The LSTM with a forget gate: one step, a sequence, and the way back. NumPy only.

Gates stand in PyTorch's order everywhere: i, f, g, o.
"""

import numpy as np

from course_lib.arrays import expect
from course_lib.functional import sigmoid, sigmoid_slope, tanh_slope
from course_lib.rnn import weight_gradients
from course_lib.stack import Stack


def split_blocks(a):
    """Return views of the four blocks of the last axis; quicker than `np.split`, which counts at every step."""
    size = a.shape[-1] // 4
    return [a[..., k * size : (k + 1) * size] for k in range(4)]


def lstm_gates(a):
    """Squash the four blocks of sums: ``i, f, o`` by the sigmoid, the candidate ``g`` by tanh.

    Parameters
    ----------
    a : float array (..., 4H)
        ``x W_ihᵀ + h W_hhᵀ + b``, in the order i, f, g, o.

    Returns
    -------
    i, f, g, o : float arrays (..., H)
    """
    a_i, a_f, a_g, a_o = split_blocks(a)
    return sigmoid(a_i), sigmoid(a_f), np.tanh(a_g), sigmoid(a_o)


def lstm_step(x, h, c, weight_ih, weight_hh, bias):
    """Return the next hidden state and the next cell state.

    Parameters
    ----------
    x : float array (B, D)
    h, c : float arrays (B, H)
    weight_ih, weight_hh, bias : float arrays (4H, D), (4H, H), (4H,)

    Returns
    -------
    h, c : float arrays (B, H)

    Notes
    -----
    ``c' = f * c + i * g`` and ``h' = o * tanh(c')``. Taught in notebooks 03 and 04.

    References
    ----------
    Hochreiter & Schmidhuber (1997), "Long short-term memory"; the forget gate: Gers, Schmidhuber & Cummins (2000),
    "Learning to forget".
    """
    i, f, g, o = lstm_gates(x @ weight_ih.T + h @ weight_hh.T + bias)
    c = f * c + i * g
    h = o * np.tanh(c)
    return h, c


def lstm_forward(x, state, weight_ih, weight_hh, bias):
    """Run the step over a whole sequence.

    Parameters
    ----------
    x : float array (T, B, D)
    state : (h0, c0), float arrays (B, H) each
    weight_ih, weight_hh, bias : float arrays (4H, D), (4H, H), (4H,)

    Returns
    -------
    outputs : float array (T, B, H)
        The hidden state after each step.
    state : (h_n, c_n), float arrays (B, H) each
    cache : tuple
        What `lstm_backward` needs.
    """
    size = np.shape(weight_hh)[-1]
    weight_hh = expect("weight_hh", weight_hh, {"4H": 4 * size, "H": size})
    weight_ih = expect("weight_ih", weight_ih, {"4H": 4 * size, "D": None})
    bias = expect("bias", bias, {"4H": 4 * size})
    x = expect("x", x, {"T": None, "B": None, "D": weight_ih.shape[1]})
    h0, c0 = (expect(name, s, {"B": x.shape[1], "H": size}) for name, s in zip(("h0", "c0"), state))
    dtype = np.result_type(x, h0, c0, weight_ih, weight_hh, bias)
    hs, cs = np.empty((2, len(x) + 1, *h0.shape), dtype)
    i, f, g, o, tanh_c = np.empty((5, len(x), *h0.shape), dtype)
    hs[0], cs[0] = h0, c0
    from_x = x @ weight_ih.T + bias  # (T, B, 4H): the inputs' share of all steps in one product
    for t in range(len(x)):
        i[t], f[t], g[t], o[t] = lstm_gates(from_x[t] + hs[t] @ weight_hh.T)
        cs[t + 1] = f[t] * cs[t] + i[t] * g[t]
        tanh_c[t] = np.tanh(cs[t + 1])
        hs[t + 1] = o[t] * tanh_c[t]
    return hs[1:], (hs[-1], cs[-1]), (x, hs, cs, (i, f, g, o, tanh_c), weight_ih, weight_hh)


def lstm_backward(d_outputs, cache, d_state=None):
    """Carry gradients back through time.

    Parameters
    ----------
    d_outputs : float array (T, B, H)
        Gradient of the loss by each output, taken on its own.
    cache : tuple
        From `lstm_forward`.
    d_state : (dh_n, dc_n), float arrays (B, H) each, optional
        Gradient by the last state, from whatever reads it besides the outputs.

    Returns
    -------
    dx : float array (T, B, D)
    d_state : (dh0, dc0), float arrays (B, H) each
    gradients : dict
        ``weight_ih, weight_hh, bias``, each shaped like its weight, summed over time and batch.

    Notes
    -----
    Two gradients travel back: ``dh`` through the matrix, ``dc`` through the forget gate alone. Derived in notebook 04.
    """
    x, hs, cs, (i, f, g, o, tanh_c), weight_ih, weight_hh = cache
    shape = dict(zip("BH", hs[0].shape))
    d_outputs = expect("d_outputs", d_outputs, {"T": len(x), **shape})
    dh, dc = d_state or (np.zeros_like(hs[0]), np.zeros_like(cs[0]))
    dh, dc = expect("dh_n", dh, shape), expect("dc_n", dc, shape)
    da = np.empty((*hs[1:].shape[:2], 4 * hs.shape[-1]), hs.dtype)
    for t in reversed(range(len(x))):
        dh = d_outputs[t] + dh
        dc = dc + dh * o[t] * tanh_slope(tanh_c[t])
        da_i, da_f, da_g, da_o = split_blocks(da[t])  # views: writing to them fills da
        da_i[:] = dc * g[t] * sigmoid_slope(i[t])
        da_f[:] = dc * cs[t] * sigmoid_slope(f[t])
        da_g[:] = dc * i[t] * tanh_slope(g[t])
        da_o[:] = dh * tanh_c[t] * sigmoid_slope(o[t])
        dh = da[t] @ weight_hh
        dc = dc * f[t]
    return da @ weight_ih, (dh, dc), weight_gradients(da, x, hs[:-1])


def reorder_blocks(array, source, target="ifgo"):
    """Rearrange the four gate blocks along the first axis, for example from ``"ifog"`` to PyTorch's ``"ifgo"``."""
    if sorted(source) != sorted("ifgo") or sorted(target) != sorted("ifgo"):
        raise ValueError(f'an order must hold i, f, g and o once each, got {source!r} and {target!r}')
    blocks = dict(zip(source, np.split(np.asarray(array), 4)))
    return np.concatenate([blocks[gate] for gate in target])


def count_lstm_params(input_size, hidden_size, num_layers=1, biases=2):
    """Return how many numbers an LSTM learns.

    Parameters
    ----------
    input_size, hidden_size, num_layers : int
        D, H and the number of layers; each layer above the first reads H numbers a step.
    biases : int
        Bias vectors in each block: 2 in PyTorch, 1 in Keras and in this course, 0 without.

    Notes
    -----
    Four blocks of H rows, each with one weight an input, one a hidden unit, and the biases. Taught in notebook 03.
    """
    if min(input_size, hidden_size, num_layers) < 1 or biases < 0:
        got = f"{input_size=}, {hidden_size=}, {num_layers=}, {biases=}"
        raise ValueError(f"sizes must be at least 1 and biases at least 0, got {got}")
    first = 4 * hidden_size * (input_size + hidden_size + biases)
    above = 4 * hidden_size * (2 * hidden_size + biases)
    return first + (num_layers - 1) * above


class LSTM(Stack):
    """One or more layers of LSTM cells.

    Its state is the pair ``(h, c)``, float arrays (num_layers, B, H) each. See `course_lib.stack.Stack` for the
    parameters that are not listed here.

    Parameters
    ----------
    forget_bias : float, optional
        Start of every forget gate's bias; left out, it is drawn like the others, about 0, as in PyTorch.
    chrono : int, optional
        The longest time T worth remembering: b_f = log U(1, T − 1) and b_i = −b_f, so that the gates' time constants
        1 / (1 − f) spread over 2 … T steps.

    Notes
    -----
    Weights, names and start are those of ``torch.nn.LSTM``, but with one bias a layer. Taught in notebook 04.

    References
    ----------
    Jozefowicz, Zaremba & Sutskever (2015) for the forget bias of 1; Tallec & Ollivier (2018), "Can recurrent neural
    networks warp time?", for the chrono start.
    """

    blocks = 4
    layer_forward = staticmethod(lstm_forward)
    layer_backward = staticmethod(lstm_backward)

    def __init__(self, *args, forget_bias=None, chrono=None, rng=None, **kwargs):
        if forget_bias is not None and chrono is not None:
            raise ValueError("forget_bias and chrono both set the forget gate's bias; give one of them")
        if chrono is not None and chrono < 3:
            raise ValueError(f"chrono must be at least 3 steps, got {chrono}")
        rng = rng or np.random.default_rng(0)
        super().__init__(*args, rng=rng, **kwargs)
        for layer in range(self.num_layers):
            b_i, b_f, _, _ = np.split(self.params[f"bias_l{layer}"], 4)
            if forget_bias is not None:
                b_f[:] = forget_bias
            if chrono is not None:
                b_f[:] = np.log(rng.uniform(1, chrono - 1, self.hidden_size))
                b_i[:] = -b_f

    def split_state(self, state):
        if not isinstance(state, (tuple, list)) or len(state) != 2:
            raise ValueError("the state of an LSTM must be a pair (h, c)")
        h, c = state
        if len(h) != len(c):
            raise ValueError(f"h and c must hold as many layers, got {len(h)} and {len(c)}")
        return list(zip(h, c))

    def join_states(self, states):
        h, c = zip(*states)
        return np.stack(h), np.stack(c)

    def zero_state(self, batch_size):
        return tuple(np.zeros((2, self.num_layers, batch_size, self.hidden_size), dtype=self.dtype))
