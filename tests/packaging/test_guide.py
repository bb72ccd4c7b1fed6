"""The guide to a new channel names what is there."""

import re

import pytest
from tests.packaging.dockerfile import ROOT

GUIDE = (ROOT / "docs" / "adding-a-channel.md").read_text()
SOURCES = "\n".join(path.read_text() for path in (ROOT / "src").rglob("*.py"))
TESTS = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("*.py"))


def named(pattern: str) -> list[str]:
    return sorted(set(re.findall(pattern, GUIDE)))


@pytest.mark.parametrize("path", named(r"`((?:src|tests)/[\w/]+\.py)`"))
def test_files(path: str) -> None:
    assert (ROOT / path).exists()


@pytest.mark.parametrize("name", named(r"`(\w+(?:\.\w+)?)`"))
def test_names(name: str) -> None:
    for part in name.split("."):
        assert re.search(rf"\b{part}\b", SOURCES + TESTS), name
