"""What only the installation's owner can reach: a key for the demo, and the channels' secrets."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update

from gateway.access.secret_box import SecretBox, secret_box
from gateway.access.tokens import Role, issue
from gateway.database.connections import Database
from gateway.database.opening import opened
from gateway.database.schema import AccessToken, Channel, Workspace
from gateway.demo.failure import DemoFailed
from gateway.settings import Settings

KEY_LIVES = timedelta(minutes=10)  # should the demo be killed before it revokes its key


class Backstage:
    """The database of one workspace."""

    def __init__(self, database: Database, box: SecretBox, workspace_id: int) -> None:
        self._database = database
        self._box = box
        self._workspace_id = workspace_id

    @asynccontextmanager
    async def admin_key(self) -> AsyncIterator[str]:
        """An admin key that is revoked at the end of the block."""
        async with self._database.transaction() as session:
            key = await issue(
                session,
                self._workspace_id,
                name="Demo",
                role=Role.ADMIN,
                expires_at=datetime.now(UTC) + KEY_LIVES,
            )
        try:
            yield key.secret
        finally:
            await self._revoke(key.token.id)

    async def _revoke(self, key_id: UUID) -> None:
        statement = (
            update(AccessToken)
            .where(AccessToken.workspace_id == self._workspace_id, AccessToken.id == key_id)
            .values(revoked_at=datetime.now(UTC))
        )
        async with self._database.transaction() as session:
            await session.execute(statement)

    async def secrets_of(self, channel_id: UUID) -> dict[str, str]:
        """A channel's secrets by name, decrypted."""
        async with self._database.transaction() as session:
            channel = await session.get_one(Channel, (self._workspace_id, channel_id))
        return self._box.open(channel.secrets)


@asynccontextmanager
async def backstage(settings: Settings, workspace: str) -> AsyncIterator[Backstage]:
    """Attach to the database of the running gateway during the block.

    Raises:
        DemoFailed: these settings lead to another database, or the workspace does not exist.
        SecretKeyError: the key of the channels' secrets is not set.
    """
    async with opened(settings, "sportello-demo") as database:
        if database.server is not None:
            raise DemoFailed(
                f"the gateway does not keep its database in {settings.data_folder}: run the demo "
                "with the DATABASE_URL or SPORTELLO_DATA_FOLDER that it was started with"
            )
        async with database.database.transaction() as session:
            found = await session.scalar(select(Workspace.id).where(Workspace.name == workspace))
        if found is None:
            raise DemoFailed(
                f"no workspace is called {workspace!r}: see `sportello workspaces list`"
            )
        yield Backstage(database.database, secret_box(settings), found)
