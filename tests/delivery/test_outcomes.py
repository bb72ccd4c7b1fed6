import pytest

from channels.contract import Sent
from channels.errors import Failure, SendFailed
from gateway.delivery.outcomes import RetryPolicy, refused, taken

POLICY = RetryPolicy(max_attempts=3, base_s=5.0)
MOSTLY = 0.999_999


@pytest.mark.parametrize(
    ("number", "chance", "pause_s"),
    [(1, 0.0, 2.5), (1, MOSTLY, 5.0), (2, MOSTLY, 10.0), (5, 0.0, 40.0), (900, MOSTLY, 3_600.0)],
)
def test_pauses_double_up_to_an_hour(number: int, chance: float, pause_s: float) -> None:
    assert POLICY.backoff_s(number, None, chance) == pytest.approx(pause_s, rel=1e-4)


@pytest.mark.parametrize(
    ("wish_s", "pause_s"), [(1.0, 2.5), (90.0, 90.0), (float("inf"), 86_400.0)]
)
def test_a_provider_may_wish_for_a_longer_pause(wish_s: float, pause_s: float) -> None:
    assert POLICY.backoff_s(1, wish_s, 0.0) == pause_s


@pytest.mark.parametrize("failure", [each for each in Failure if each.is_temporary])
def test_what_may_pass_is_tried_until_the_last_attempt(failure: Failure) -> None:
    error = SendFailed(failure, "later", code="4.2.1", retry_after=60.0)
    early, last = (refused(error, number, POLICY, 0.0) for number in (2, 3))
    assert (early.result, early.state, early.failure) == ("temporary", "queued", failure)
    assert early.retry_in is not None
    assert early.retry_in.total_seconds() == 60.0
    assert early.detail == "4.2.1 later"
    assert (last.result, last.state, last.retry_in) == ("temporary", "failed", None)


@pytest.mark.parametrize("failure", [each for each in Failure if not each.is_temporary])
def test_what_will_not_pass_fails_at_once(failure: Failure) -> None:
    outcome = refused(SendFailed(failure, "no"), 1, POLICY, 0.0)
    assert (outcome.result, outcome.state, outcome.retry_in) == ("permanent", "failed", None)


def test_a_providers_words_can_be_stored() -> None:
    outcome = taken(Sent(provider_id="SM\0\ud800", detail="250\r\nok " + "x" * 900))
    assert outcome.provider_id == "SM\ufffd\ufffd"
    assert outcome.detail is not None
    assert outcome.detail.startswith("250 ok x")
    assert len(outcome.detail) == 500
    assert taken(Sent(provider_id=None)).detail is None
