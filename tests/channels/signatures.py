"""What every provider must refuse; inherit the class that fits and fill in the fixtures."""

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

import pytest

from channels.contract import ChannelConfig, Payload
from channels.errors import InvalidSignature

Signed = Callable[[int], Payload]
"""Makes an authentic payload that was signed so many seconds ago."""


class Verifier(Protocol):
    """Both halves that take payloads in: for messages, and for reports about them."""

    def verify(self, payload: Payload, channel: ChannelConfig) -> None: ...


class GuardedProvider:
    """Subclasses give `inbound`, an authentic payload (`signed`) with its `channel`, and names.

    Where the proof is no header of the envelope, or what it is checked by no secret, they override
    `forged` and `keyed`.
    """

    signature_header: str
    secret_name: str

    @pytest.fixture
    def inbound(self) -> Verifier:
        raise NotImplementedError

    @pytest.fixture
    def channel(self) -> ChannelConfig:
        raise NotImplementedError

    @pytest.fixture
    def signed(self) -> Payload:
        raise NotImplementedError

    def forged(self, signed: Payload, signature: str | None) -> Payload:
        """The same payload with another proof, or with none."""
        rest = {k: v for k, v in signed.envelope.items() if k != self.signature_header}
        envelope = rest if signature is None else rest | {self.signature_header: signature}
        return replace(signed, envelope=envelope)

    def keyed(self, channel: ChannelConfig, secret: str | None) -> ChannelConfig:
        """The same channel with another secret, or with none."""
        return replace(channel, secrets={} if secret is None else {self.secret_name: secret})

    def test_accepts_its_own(
        self, inbound: Verifier, signed: Payload, channel: ChannelConfig
    ) -> None:
        inbound.verify(signed, channel)

    @pytest.mark.parametrize("signature", [None, "", "x", "A" * 28, "\u00e8" * 28])
    def test_refuses_any_other_signature(
        self, inbound: Verifier, signed: Payload, channel: ChannelConfig, signature: str | None
    ) -> None:
        self.refuses(inbound, self.forged(signed, signature), channel)

    @pytest.mark.parametrize("secret", [None, "", "another secret"])
    def test_refuses_without_the_right_secret(
        self,
        inbound: Verifier,
        signed: Payload,
        channel: ChannelConfig,
        secret: str | None,
    ) -> None:
        self.refuses(inbound, signed, self.keyed(channel, secret))

    def test_says_no_secret(
        self, inbound: Verifier, signed: Payload, channel: ChannelConfig
    ) -> None:
        error = self.refuses(inbound, self.forged(signed, "x"), channel)
        for secret in channel.secrets.values():
            assert secret not in f"{error!r} {error} {channel!r} {signed!r}"

    def refuses(
        self, inbound: Verifier, payload: Payload, channel: ChannelConfig
    ) -> InvalidSignature:
        with pytest.raises(InvalidSignature) as caught:
            inbound.verify(payload, channel)
        return caught.value


class SignedProvider(GuardedProvider):
    """The signature covers the body."""

    def test_refuses_a_changed_body(
        self, inbound: Verifier, signed: Payload, channel: ChannelConfig
    ) -> None:
        changed = replace(signed, body=signed.body + b"&Extra=1")
        self.refuses(inbound, changed, channel)


class DatedProvider(GuardedProvider):
    """The signature covers a timestamp, which `longest_s` limits. Subclasses give `signed_ago`."""

    longest_s: int

    @pytest.fixture
    def signed_ago(self) -> Signed:
        raise NotImplementedError

    @pytest.mark.parametrize("ahead_s", [0, 299])
    def test_accepts_what_is_late_or_a_little_early(
        self, inbound: Verifier, signed_ago: Signed, channel: ChannelConfig, ahead_s: int
    ) -> None:
        inbound.verify(signed_ago(-ahead_s), channel)
        inbound.verify(signed_ago(self.longest_s), channel)

    def test_refuses_what_is_too_old_or_from_the_future(
        self, inbound: Verifier, signed_ago: Signed, channel: ChannelConfig
    ) -> None:
        for ago_s in (self.longest_s + 1, -301):
            assert "timestamp" in str(self.refuses(inbound, signed_ago(ago_s), channel))

    def test_refuses_what_was_received_at_no_time(
        self, inbound: Verifier, signed: Payload, channel: ChannelConfig
    ) -> None:
        self.refuses(inbound, replace(signed, proof={}), channel)
