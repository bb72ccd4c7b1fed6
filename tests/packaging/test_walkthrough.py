"""Pages to follow by hand print what they say, each command of them."""

import pytest
from tests.packaging.dockerfile import ROOT
from tests.packaging.walkthrough import shown, told
from tests.served import served


@pytest.mark.parametrize("name", ["routing.md"])
def test_every_command_prints_what_is_shown(name: str) -> None:
    page = (ROOT / "docs" / name).read_text()
    with served() as gateway:
        outputs = told(page, gateway)

    assert outputs == [output or "" for output in shown(page)], (
        f"run python -m tests.packaging.walkthrough docs/{name}"
    )
