"""What admins set comes into force whole, or not yet."""

import pytest
from tests.house import House

from gateway.access.secret_box import SecretKeyError

RENAME = (
    "UPDATE channel SET public_key = 'renamed' "
    "WHERE kind = 'web_form' AND workspace_id = :id RETURNING 1"
)
SEAL = "UPDATE channel SET secrets = :sealed WHERE kind = 'sms' AND workspace_id = :id RETURNING 1"
GROW = "UPDATE workspace SET configuration = configuration + 1 RETURNING 1"


async def test_a_refresh_that_failed_leaves_nothing_half_in_force(house: House) -> None:
    """Whatever is loaded first, one workspace's trouble sets no other's keys and channels apart."""
    configuration = house.gateway.configuration
    first, second = house.team, await house.another_team("other")
    for team, troubled in ((first, second), (second, first)):
        statement = "SELECT secrets FROM channel WHERE kind = 'sms' AND workspace_id = :id"
        [[sealed]] = await house.rows(statement, id=troubled.workspace_id)
        await house.rows(RENAME, id=team.workspace_id)
        await house.rows(SEAL, sealed=b"not sealed by us", id=troubled.workspace_id)
        await house.rows(GROW)
        with pytest.raises(SecretKeyError):
            await configuration.refresh()
        held = configuration.workspace(team.workspace_id).channels.values()
        assert all(configuration.channel_by_key(each.public_key) is each for each in held)
        await house.rows(SEAL, sealed=sealed, id=troubled.workspace_id)
        await configuration.refresh()
        renamed = configuration.channel_by_key("renamed")
        assert renamed is not None
        assert renamed.workspace_id == team.workspace_id
        back = "UPDATE channel SET public_key = :key WHERE public_key = 'renamed' RETURNING 1"
        await house.rows(back, key=team.keys["web_form"])
        await house.rows(GROW)
        await configuration.refresh()
