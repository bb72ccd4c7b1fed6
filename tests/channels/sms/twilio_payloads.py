"""Twilio's webhook as its documentation describes it, signed as its documentation says."""

import base64
import hashlib
import hmac
from urllib.parse import urlencode

from tests.channels.builders import CHANNEL_ID

from channels.contract import ChannelConfig, Payload

ACCOUNT = "AC" + "0" * 32
TOKEN = "a-token-that-nobody-may-see"
URL = "https://desk.example.org/hooks/twilio/c1?tenant=1"
FORM_TYPE = "application/x-www-form-urlencoded; charset=UTF-8"

Fields = list[tuple[str, str]]


def twilio_channel(address: str = "+15005550006", **settings: str) -> ChannelConfig:
    return ChannelConfig(
        CHANNEL_ID,
        "sms",
        "twilio",
        address,
        {"account_sid": ACCOUNT, **settings},
        {"auth_token": TOKEN},
    )


def fields(**changes: str) -> Fields:
    """Return the fields of an incoming message; an empty change takes its field away."""
    form = {
        "ToCountry": "US",
        "MessageSid": "SM" + "1" * 32,
        "SmsSid": "SM" + "1" * 32,
        "AccountSid": ACCOUNT,
        "From": "+393331234567",
        "To": "+15005550006",
        "Body": "Dov'è il mio pacco? 📦",
        "FromCity": "",
        "NumMedia": "0",
        "NumSegments": "1",
    }
    return [
        (name, value) for name, value in (form | changes).items() if value or name == "FromCity"
    ]


def signature(url: str, form: Fields, token: str = TOKEN) -> str:
    """Return what Twilio sends: the URL, then names and values sorted, HMAC-SHA1, in base64."""
    text = url + "".join(name + value for name, value in sorted(set(form)))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def delivered(form: Fields, url: str = URL) -> Payload:
    envelope = {"url": url, "x-twilio-signature": signature(url, form)}
    return Payload(FORM_TYPE, urlencode(form).encode(), envelope)
