"""A model is worth what it is measured to be, on what it has not seen."""

import random

import pytest
from tests.learning.generated import generated

from gateway.learning.measuring import TooLittle, is_clearly_better, learn
from gateway.learning.naive_bayes import count, model_of, packed, unpacked


def test_it_beats_the_majority_where_there_is_something_to_learn() -> None:
    measured = learn(generated(1_000))
    assert (measured.learnt, measured.held_out) == (800, 200)
    assert measured.right / measured.held_out > 0.88
    assert 0.5 < measured.majority_right / measured.held_out < 0.7
    assert is_clearly_better(measured.held_out, measured.right, measured.majority_right)
    assert sum(sum(row.values()) for row in measured.confusion.values()) == 200


def test_it_does_not_where_there_is_nothing() -> None:
    examples = generated(1_000)
    types = [name for _, name in examples]
    random.Random(1).shuffle(types)
    mixed = [(text, name) for (text, _), name in zip(examples, types, strict=True)]
    measured = learn(mixed)
    assert not is_clearly_better(measured.held_out, measured.right, measured.majority_right)


def test_clearly_is_more_than_by_chance() -> None:
    assert not is_clearly_better(held_out=100, right=65, majority_right=60)
    assert is_clearly_better(held_out=1_000, right=650, majority_right=600)
    assert not is_clearly_better(held_out=49, right=49, majority_right=0)


@pytest.mark.parametrize("examples", [generated(249), [("hello", "one")] * 300])
def test_too_little_is_refused(examples: list[tuple[str, str]]) -> None:
    with pytest.raises(TooLittle):
        learn(examples)


def test_a_model_is_the_same_after_it_was_kept_and_holds_no_words() -> None:
    counts = count(generated(300))
    kept = packed(counts)
    model, again = model_of(counts, 1), model_of(unpacked(kept), 1)
    assert model == again
    assert again.suggest("My parcel, where is it?") == "delivery"
    assert again.suggest("xyzzy") is None
    assert "parcel" not in str(unpacked(kept))
