from collections.abc import AsyncIterator

import pytest
from tests.conftest import TEMPLATE, drop, execute, on_server


@pytest.fixture
async def another_dsn(postgres: str) -> AsyncIterator[str]:
    """A database of another installation."""
    name = f"another_{TEMPLATE}"
    await execute(postgres, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
    yield on_server(postgres, name)
    await drop(postgres, name)
