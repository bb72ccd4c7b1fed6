"""What a new workspace starts with: two queues, and for the first one a channel of each kind."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.access.secret_box import SecretBox
from gateway.access.tokens import NewToken, Role, issue
from gateway.database.schema import Channel, FeedHead, Queue, Workspace
from gateway.ids import new_id

ONE_AT_A_TIME = 7_767_835_356  # advisory lock: two processes may meet on a new database


async def create_workspace(session: AsyncSession, name: str) -> Workspace:
    """A workspace with its feed and one queue of each level, the first-level one the default."""
    workspace = Workspace(name=name)
    session.add(workspace)
    await session.flush()
    session.add_all(
        [
            FeedHead(workspace_id=workspace.id, epoch=secrets.token_hex(6), at=datetime.now(UTC)),
            Queue(workspace_id=workspace.id, id=new_id(), name="General", level=1, is_default=True),
            Queue(workspace_id=workspace.id, id=new_id(), name="Specialists", level=2),
        ]
    )
    await session.flush()
    return workspace


def new_public_key() -> str:
    return f"ch_{secrets.token_urlsafe(12)}"


def starting_channels(workspace_id: int, box: SecretBox) -> list[Channel]:
    """One channel of each kind, ready to try: an admin gives them real addresses and secrets."""
    twilio = {"auth_token": secrets.token_hex(16)}
    return [
        Channel(
            workspace_id=workspace_id,
            id=new_id(),
            kind=kind,
            provider=provider,
            name=name,
            address=address,
            public_key=new_public_key(),
            settings=settings,
            secrets=box.seal(sealed) if sealed else None,
        )
        for kind, provider, name, address, settings, sealed in (
            ("email", "smtp", "Support mail", "support@localhost", {}, None),
            ("sms", "twilio", "Text messages", "+15005550006", twilio_account(), twilio),
            ("web_form", "builtin", "Contact form", "", {}, None),
            ("chat", "builtin", "Website chat", "", {}, None),
        )
    ]


def twilio_account() -> dict[str, str]:
    return {"account_sid": f"AC{secrets.token_hex(16)}"}


@dataclass(frozen=True, slots=True)
class FirstStart:
    workspace_id: int
    admin_key: NewToken


async def first_start(session: AsyncSession, box: SecretBox) -> FirstStart | None:
    """Fill an empty database; None where somebody has been here before."""
    await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ONE_AT_A_TIME})
    if await session.scalar(select(func.count()).select_from(Workspace)):
        return None
    workspace = await create_workspace(session, "default")
    session.add_all(starting_channels(workspace.id, box))
    key = await issue(session, workspace.id, name="First admin key", role=Role.ADMIN)
    return FirstStart(workspace.id, key)
