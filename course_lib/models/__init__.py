"""The PyTorch models of the course."""

from course_lib.models.characters import CharLSTM
from course_lib.models.sentiment import MeanEmbedding, SentimentLSTM

__all__ = ["CharLSTM", "MeanEmbedding", "SentimentLSTM"]
