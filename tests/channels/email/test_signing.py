"""DKIM signatures, checked by dkimpy's verifier with a DNS of our own."""

from collections.abc import Callable
from dataclasses import replace

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import PrivateFormat
from tests.channels.builders import CHANNEL_ID, answer
from tests.channels.email.keys import dns_record, pem_of, rsa_key
from tests.channels.email.test_compose import NOW

from channels.contract import Attachment, ChannelConfig
from channels.email.compose import compose
from channels.email.signing import DkimKey
from channels.errors import Failure, SendFailed


def channel(
    selector: str = "mail2026", pem: str = "", address: str = "support@example.org"
) -> ChannelConfig:
    settings = {"dkim_selector": selector} if selector else {}
    secrets = {"dkim_private_key": pem} if pem else {}
    return ChannelConfig(CHANNEL_ID, "email", "smtp", address, settings, secrets)


def signed(config: ChannelConfig) -> bytes:
    key = DkimKey.of(config)
    assert key is not None
    files = (Attachment("Caffè.pdf", "application/pdf", b"\0\xff" * 99),)
    message = answer(text="Ciò \n\n  è  \n\n\n", attachments=files, references=("q@x.test",))
    message = replace(message, unsubscribe_url="https://help.test/1")
    return key.sign(compose(message, config, NOW))


def dns(names: dict[str, bytes]) -> Callable[..., bytes | None]:
    def asked(name: bytes, timeout: int = 5) -> bytes | None:
        return names.get(name.decode().rstrip("."))

    return asked


def is_good(raw: bytes, domain: str = "example.org") -> bool:
    records = {f"mail2026._domainkey.{domain}": dns_record(rsa_key())}
    return bool(dkim.verify(raw, dnsfunc=dns(records)))


@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
def test_a_signature_holds(form: PrivateFormat) -> None:
    raw = signed(channel(pem=pem_of(rsa_key(), form)))
    assert raw.startswith(b"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org;")
    assert is_good(raw)


def test_the_domain_is_that_of_from_as_dns_knows_it() -> None:
    raw = signed(channel(pem=pem_of(rsa_key()), address="support@bücher.example"))
    assert b"d=xn--bcher-kva.example;" in raw
    assert is_good(raw, "xn--bcher-kva.example")


@pytest.mark.parametrize(
    ("was", "became"),
    [
        (b"Subject: Re: Where", b"Subject: Re: There"),
        (b"From: Grace", b"From: Grete"),
        (b"From: Grace", b"From: Mallory <m@evil.test>\r\nFrom: Grace"),
        (b"Subject: Re", b"Subject: Pay me\r\nSubject: Re"),
        (b"References: <q@x", b"References: <p@x"),
        (b"Content-Type: multipart/mixed", b"Content-Type: multipart/related"),
        (b"List-Unsubscribe: <https://help", b"List-Unsubscribe: <https://evil"),
        (b"=One-Click", b"=Two-Click"),
    ],
)
def test_what_is_changed_is_seen(was: bytes, became: bytes) -> None:
    raw = signed(channel(pem=pem_of(rsa_key())))
    assert was in raw
    assert not is_good(raw.replace(was, became, 1))


def test_a_changed_body_is_seen_and_blanks_on_the_way_are_not() -> None:
    raw = signed(channel(pem=pem_of(rsa_key())))
    head, body = raw.split(b"\r\n\r\n", 1)
    assert not is_good(head + b"\r\n\r\n" + body.replace(b"AP8A", b"AP8B", 1))
    assert is_good(head + b"\r\n\r\n" + body.replace(b"\r\n", b" \r\n", 3) + b"\r\n\r\n")


def test_what_relays_put_before_it_or_change_of_the_identifier_does_no_harm() -> None:
    raw = signed(channel(pem=pem_of(rsa_key())))
    moved = raw.replace(b"Message-ID: <answer-1@", b"Message-ID: <relay-7@", 1)
    assert is_good(b"Received: by relay\r\n" + moved)


def test_a_channel_without_a_key_signs_nothing() -> None:
    assert DkimKey.of(channel(selector="")) is None


def test_another_key_does_not_verify() -> None:
    assert not is_good(signed(channel(pem=pem_of(rsa_key(1024)))))


@pytest.mark.parametrize(
    ("selector", "pem", "name"),
    [
        ("mail", "", "dkim_private_key"),
        ("", pem_of(rsa_key(1024)), "dkim_selector"),
        ("a b", pem_of(rsa_key(1024)), "dkim_selector"),
        ("x; d=evil.test", pem_of(rsa_key(1024)), "dkim_selector"),
        ("mail", "-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----", None),
        ("mail", "secret", None),
        ("mail", pem_of(ec.generate_private_key(ec.SECP256R1())), None),
        ("mail", pem_of(rsa_key(1024))[:-200], None),
    ],
)
def test_a_mistake_is_named_and_the_key_is_not_told(
    selector: str, pem: str, name: str | None
) -> None:
    with pytest.raises(SendFailed) as caught:
        DkimKey.of(channel(selector, pem))
    error = caught.value
    assert (error.failure, error.code) == (Failure.MISCONFIGURED, name or "dkim_private_key")
    assert "secret" not in f"{error!r} {error}"
    assert error.__suppress_context__ or error.__context__ is None


def test_a_key_shows_nothing_of_itself() -> None:
    pem = pem_of(rsa_key())
    key = DkimKey.of(channel(pem=pem))
    assert key is not None
    assert pem.splitlines()[3] not in repr(key)
    assert "PRIVATE" not in repr(key)
