"""What keeps a gateway out of a mailbox, and how admins hear of it."""

import logging

import pytest
from tests.house import make_mail, serving
from tests.mailboxes.desk import FAST, Desk
from tests.mailboxes.dovecot import PASSWORD, Dovecot, free_port

from gateway.cli.checking import channel_findings

pytestmark = pytest.mark.dovecot


async def test_a_wrong_password_is_shown_and_never_logged(
    dsn: str,
    dovecot: Dovecot,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    async with serving(dsn, **FAST) as house:
        desk = Desk(house, dovecot)
        await desk.open(password="hush-hush", imap_interval_s="300")
        state = await desk.state()
        assert state["failure"] == "unauthorised"
        assert "Authentication failed" in state["detail"]
        findings = await channel_findings(house.gateway.database, house.gateway.box)
        assert any("Authentication failed" in finding.what for finding in findings)

        await desk.change(secrets={"imap_password": PASSWORD})
        await desk.has_polled()
        assert (await desk.state())["failure"] is None
        findings = await channel_findings(house.gateway.database, house.gateway.box)
        assert not any("cannot fetch" in finding.what for finding in findings)
    logged = caplog.text + "".join(capfd.readouterr())
    assert "mailbox.polled" in logged
    for secret in ("hush-hush", PASSWORD):
        assert secret not in logged + str(state)


@pytest.mark.parametrize("tls", ["tls", "starttls"])
async def test_tls_is_for_servers_that_are_known(
    dsn: str, dovecot: Dovecot, tls: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(dsn, **FAST) as house:
        desk = Desk(house, dovecot)
        port = dovecot.tls_port if tls == "tls" else dovecot.port
        await desk.open(imap_tls=tls, port=port)
        state = await desk.state()
        assert state["failure"] == "unreachable"
        assert "certificate verify failed" in state["detail"]
        monkeypatch.setenv("SSL_CERT_FILE", str(dovecot.folder / "certificate.pem"))
        await desk.has_polled()
        dovecot.add(desk.user, make_mail(Subject="one").as_bytes())
        await desk.receives("one")


async def test_nobody_listens(dsn: str, dovecot: Dovecot) -> None:
    async with serving(dsn, **FAST) as house:
        desk = Desk(house, dovecot)
        await desk.open(port=free_port())
        await desk.has_failed("unreachable", times=2)
        assert (await desk.state())["polled_at"] is None


async def test_settings_that_make_no_sense(dsn: str, dovecot: Dovecot) -> None:
    async with serving(dsn, **FAST) as house:
        desk = Desk(house, dovecot)
        await desk.open(imap_fetched="move")
        state = await desk.state()
        assert (state["failure"], state["detail"]) == ("misconfigured", "imap_move_to is not set")
