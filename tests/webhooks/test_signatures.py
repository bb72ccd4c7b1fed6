"""Signatures as the standard has them: its own example, and its reference library."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from gateway.webhooks.signatures import Secrets, new_secret, signature, signed_headers

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
BODY = '{"type":"conversation.opened","name":"Zoë"}'.encode()


def test_the_example_of_the_standards_makers() -> None:
    """As their libraries have it among their tests."""
    signed = signature(
        SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, b'{"test": 2432232314}'
    )
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def now() -> int:
    return int(datetime.now(UTC).timestamp())


def test_the_reference_library_verifies_each_secret_and_no_other() -> None:
    secrets = [new_secret(), new_secret()]
    headers = signed_headers(secrets, "msg_1", now(), BODY)
    for secret in secrets:
        assert Webhook(secret).verify(BODY, headers)["name"] == "Zoë"
    for secret, body, id_ in (
        (new_secret(), BODY, "msg_1"),
        (secrets[0], BODY + b" ", "msg_1"),
        (secrets[0], BODY, "msg_2"),
    ):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(body, headers | {"webhook-id": id_})


def test_secrets_are_random_and_as_long_as_the_standard_wants() -> None:
    one, another = new_secret(), new_secret()
    assert one != another
    assert 24 <= len(base64.b64decode(one.removeprefix("whsec_"))) <= 64


def test_the_previous_secret_signs_until_its_end() -> None:
    secrets = Secrets("whsec_a").rotated()
    assert secrets.previous == "whsec_a"
    later = NOW + timedelta(hours=1)
    assert secrets.valid_at(NOW, later) == [secrets.current, "whsec_a"]
    assert secrets.valid_at(later, later) == [secrets.current]
    assert secrets.valid_at(NOW, None) == [secrets.current]
    assert Secrets.opened(secrets.as_sealed()) == secrets
