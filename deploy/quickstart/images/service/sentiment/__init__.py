"""Scores a text between 0 (negative) and 1 (positive) with a linear model over known words."""

import json
import math
from importlib import resources

from sentiment._linear import dot


class Model:
    def __init__(self) -> None:
        text = resources.files(__name__).joinpath("weights.json").read_text(encoding="utf-8")
        parameters = json.loads(text)
        self.bias: float = parameters["bias"]
        self.words: list[str] = list(parameters["weights"])
        self.weights: list[float] = list(parameters["weights"].values())

    def score(self, text: str) -> float:
        tokens = text.lower().split()
        features = [float(tokens.count(word)) for word in self.words]
        return 1 / (1 + math.exp(-(self.bias + dot(self.weights, features))))
