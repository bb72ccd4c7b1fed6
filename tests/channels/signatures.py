"""What every provider that signs must refuse; inherit the class and fill in the fixtures."""

from dataclasses import replace
from typing import Protocol

import pytest

from channels.contract import ChannelConfig, Payload
from channels.errors import InvalidSignature


class Verifier(Protocol):
    """Both halves that take payloads in: for messages, and for reports about them."""

    def verify(self, payload: Payload, channel: ChannelConfig) -> None: ...


class SignedProvider:
    """Subclasses give `inbound`, a `signed` payload with its `channel`, and the two names."""

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

    def test_accepts_its_own(
        self, inbound: Verifier, signed: Payload, channel: ChannelConfig
    ) -> None:
        inbound.verify(signed, channel)

    def test_refuses_a_changed_body(
        self, inbound: Verifier, signed: Payload, channel: ChannelConfig
    ) -> None:
        changed = replace(signed, body=signed.body + b"&Extra=1")
        self.refuses(inbound, changed, channel)

    @pytest.mark.parametrize("signature", [None, "", "x", "A" * 28, "\u00e8" * 28])
    def test_refuses_any_other_signature(
        self, inbound: Verifier, signed: Payload, channel: ChannelConfig, signature: str | None
    ) -> None:
        rest = {k: v for k, v in signed.envelope.items() if k != self.signature_header}
        envelope = rest if signature is None else rest | {self.signature_header: signature}
        self.refuses(inbound, replace(signed, envelope=envelope), channel)

    @pytest.mark.parametrize("secret", [None, "", "another secret"])
    def test_refuses_without_the_right_secret(
        self,
        inbound: Verifier,
        signed: Payload,
        channel: ChannelConfig,
        secret: str | None,
    ) -> None:
        secrets = {} if secret is None else {self.secret_name: secret}
        self.refuses(inbound, signed, replace(channel, secrets=secrets))

    def test_says_no_secret(
        self, inbound: Verifier, signed: Payload, channel: ChannelConfig
    ) -> None:
        broken = replace(signed, envelope={**signed.envelope, self.signature_header: "x"})
        error = self.refuses(inbound, broken, channel)
        for secret in channel.secrets.values():
            assert secret not in f"{error!r} {error} {channel!r}"

    def refuses(
        self, inbound: Verifier, payload: Payload, channel: ChannelConfig
    ) -> InvalidSignature:
        with pytest.raises(InvalidSignature) as caught:
            inbound.verify(payload, channel)
        return caught.value
