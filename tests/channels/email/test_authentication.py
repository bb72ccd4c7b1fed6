"""Verdicts of trusted servers (RFC 8601), and of nobody else."""

import pytest
from tests.channels.builders import email_channel, mail

from channels.email.parse import EmailInbound

TRUSTED = "mx.example.org, Gate.Example.org"


def verdicts(*fields: str, trusted: str | None = TRUSTED) -> dict[str, str]:
    channel = email_channel(**({"trusted_authserv": trusted} if trusted else {}))
    payload = mail(*(f"Authentication-Results: {each}" for each in fields), "From: a@b.it", "", "x")
    return dict(EmailInbound().parse(payload, channel).authentication)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (
            "mx.example.org; spf=pass smtp.mailfrom=b.it; dkim=fail (bad; key);\r\n dmarc=none",
            {"spf": "pass", "dkim": "fail", "dmarc": "none"},
        ),
        ("MX.example.org 1; spf = SoftFail", {"spf": "softfail"}),
        ("gate.example.org (comment) ; dkim/1=pass", {"dkim": "pass"}),
        ("mx.example.org; dkim=fail header.d=x; dkim=pass header.d=b.it", {"dkim": "pass"}),
        ('mx.example.org; dkim=pass reason="a; spf=pass"', {"dkim": "pass"}),
        ("mx.example.org; none", {}),
        ("mx.example.org; spf=perhaps; arc=pass; iprev=pass", {}),
        ("evil.example.com; spf=pass", {}),
        ("evil.example.com mx.example.org; spf=pass", {}),
        ("; spf=pass", {}),
        ("spf=pass", {}),
        ("", {}),
    ],
)
def test_results(value: str, expected: dict[str, str]) -> None:
    assert verdicts(value) == expected


def test_nobody_is_trusted_by_default() -> None:
    assert verdicts("mx.example.org; spf=pass", trusted=None) == {}


def test_the_topmost_verdict_counts() -> None:
    assert verdicts("mx.example.org; dkim=fail", "mx.example.org; dkim=pass; spf=pass") == {
        "dkim": "fail",
        "spf": "pass",
    }
