"""The service's own tests: they belong into a build stage, and the single-stage image ships them."""

from sentiment import Model


def test_good_words_score_higher_than_bad_ones() -> None:
    model = Model()
    assert model.score("great and lean") > 0.9
    assert model.score("slow and broken") < 0.1


def test_unknown_words_leave_the_bias() -> None:
    assert 0.5 < Model().score("anything") < 0.55
