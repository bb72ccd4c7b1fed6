import pytest
from tests.channels.builders import CHANNEL_ID, email_channel

from channels.contract import Adapter, ChannelConfig
from channels.email.submission import SmtpServer
from channels.registry import ADAPTERS, UnknownProvider, adapter_for


@pytest.mark.parametrize(
    ("kind", "provider", "can_send"),
    [
        ("email", "smtp", True),
        ("email", "imap", True),
        ("email", "mailgun", True),
        ("email", "sendgrid", True),
        ("email", "postmark", True),
        ("email", "ses", True),
        ("sms", "twilio", True),
        ("sms", "vonage", True),
        ("web_form", "builtin", False),
        ("chat", "builtin", False),
    ],
)
def test_adapters(kind: str, provider: str, can_send: bool) -> None:
    adapter = adapter_for(kind, provider)
    assert (adapter.kind, adapter.provider) == (kind, provider)
    assert (adapter.outbound is not None) is can_send
    assert not adapter.settings & adapter.secrets


def test_the_table_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        del ADAPTERS["sms", "twilio"]  # type: ignore[attr-defined]


def test_unknown_provider_names_the_known_ones() -> None:
    with pytest.raises(UnknownProvider, match="twilio"):
        adapter_for("sms", "pigeon")
    with pytest.raises(UnknownProvider, match="none"):
        adapter_for("fax", "builtin")


@pytest.mark.parametrize("adapter", ADAPTERS.values(), ids=lambda adapter: adapter.provider)
def test_configs_never_show_secrets(adapter: object) -> None:
    secrets = dict.fromkeys(getattr(adapter, "secrets", ()), "hush-hush")
    config = ChannelConfig(CHANNEL_ID, "email", "smtp", "a@example.org", {}, secrets)
    assert "hush" not in f"{config!r} {config}"


@pytest.mark.parametrize("adapter", ADAPTERS.values(), ids=lambda adapter: adapter.provider)
def test_who_posts_has_a_door_and_reports_come_through_it(adapter: Adapter) -> None:
    assert adapter.status is None or adapter.webhook is not None
    if adapter.webhook is not None:
        assert all(name == name.lower() for name in adapter.webhook.headers)


def test_smtp_settings_never_show_the_password() -> None:
    channel = email_channel(smtp_host="mx", smtp_username="desk", smtp_password="hush-hush")
    server = SmtpServer.of(channel)
    assert server.password == "hush-hush"
    assert "hush" not in f"{server!r} {server}"


def test_all_mail_carries_files_whoever_brings_it() -> None:
    carrying = {each.kind for each in ADAPTERS.values() if each.carries_files}
    assert carrying == {"email"}
    assert all(each.carries_files for each in ADAPTERS.values() if each.kind == "email")
