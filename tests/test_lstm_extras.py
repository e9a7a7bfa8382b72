"""Counting an LSTM's parameters, against torch, our own LSTM and the figures that the articles print."""

import pytest
import torch

from course_lib.lstm import LSTM, count_lstm_params


@pytest.mark.parametrize("sizes", [(1, 1, 1), (3, 5, 1), (7, 2, 3)], ids=str)
def test_two_biases_count_like_torch(sizes):
    assert count_lstm_params(*sizes) == sum(p.numel() for p in torch.nn.LSTM(*sizes).parameters())


@pytest.mark.parametrize("sizes", [(1, 1, 1), (3, 5, 1), (7, 2, 3)], ids=str)
def test_one_bias_counts_like_our_own_lstm(sizes):
    assert count_lstm_params(*sizes, biases=1) == sum(p.size for p in LSTM(*sizes).params.values())


def test_no_bias_counts_like_torch_without():
    bare = torch.nn.LSTM(3, 5, 2, bias=False)
    assert count_lstm_params(3, 5, 2, biases=0) == sum(p.numel() for p in bare.parameters())


def test_keras_layers_have_the_published_counts():
    assert count_lstm_params(32, 100, biases=1) == 53_200
    assert [count_lstm_params(1, 300, biases=1), count_lstm_params(300, 300, biases=1)] == [362_400, 721_200]


@pytest.mark.parametrize("sizes", [(0, 1, 1, 2), (1, 0, 1, 2), (1, 1, 0, 2), (1, 1, 1, -1)], ids=str)
def test_sizes_that_make_no_network_are_refused(sizes):
    with pytest.raises(ValueError, match="sizes must be at least 1"):
        count_lstm_params(*sizes)
