"""What every provider's raw mode must give; inherit the class and fill in the fixtures."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import strategies as st
from tests.channels.email.webhook_payloads import RAW
from tests.channels.storable import assert_storable

from channels.contract import ChannelConfig, Inbound, Payload
from channels.email.parse import EmailInbound
from channels.errors import InvalidSignature, Unparseable

JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
"""Any JSON, in place of what a provider's document has there."""


class WrappedMail:
    """Subclasses give `inbound`, its `channel`, and `wrapped`, which makes a post of a raw mail."""

    @pytest.fixture
    def inbound(self) -> Inbound:
        raise NotImplementedError

    @pytest.fixture
    def channel(self) -> ChannelConfig:
        raise NotImplementedError

    @pytest.fixture
    def wrapped(self) -> Callable[[bytes], Payload]:
        raise NotImplementedError

    def test_is_read_as_it_is_by_smtp(
        self, inbound: Inbound, channel: ChannelConfig, wrapped: Callable[[bytes], Payload]
    ) -> None:
        by_smtp = EmailInbound().parse(Payload("message/rfc822", RAW), channel)
        message = inbound.parse(wrapped(RAW), channel)
        assert message.text == by_smtp.text
        assert "Where is my parcel? 100 % + & = \u00e8" in message.text
        assert message.subject == "Dov'\u00e8 il mio pacco?"
        assert message.sender == by_smtp.sender
        assert message.email == by_smtp.email
        assert message.receipt == by_smtp.receipt, "the same mail is one, however it comes"
        assert not message.automatic

    def test_an_empty_mail(
        self, inbound: Inbound, channel: ChannelConfig, wrapped: Callable[[bytes], Payload]
    ) -> None:
        with pytest.raises(Unparseable) as caught:
            inbound.parse(wrapped(b" \r\n"), channel)
        assert caught.value.code == "empty"


def withstands(inbound: Inbound, channel: ChannelConfig, payload: Payload) -> None:
    """Let nothing but the two refusals out, and nothing in that cannot be stored."""
    with suppress(Unparseable):
        assert_storable(inbound.parse(payload, channel))
    with suppress(InvalidSignature):
        inbound.verify(payload, channel)


def unparseable(inbound: Inbound, channel: ChannelConfig, payload: Payload) -> Unparseable:
    with pytest.raises(Unparseable) as caught:
        inbound.parse(payload, channel)
    return caught.value
