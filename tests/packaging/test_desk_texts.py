"""The desk says everything in every language: what English has, the others have, and no more."""

import re
from pathlib import Path

import pytest

TEXTS = Path(__file__).parents[2] / "web" / "desk" / "src" / "texts"
ENGLISH = sorted([*TEXTS.glob("en.ts"), *TEXTS.glob("*.en.ts")])
SAID = re.compile(r"\"(?:[^\"\\]|\\.)*\"|`[^`]*`")
PARAMETERS = re.compile(r"\([^()]*\) =>")
KEY = re.compile(r"\b([a-z_]\w*):")


def keys(script: Path) -> list[str]:
    """The names of an object's texts, in order, without what is said."""
    code = SAID.sub("said", script.read_text())
    return KEY.findall(PARAMETERS.sub("", code[code.index("= {") :]))


@pytest.mark.parametrize("english", ENGLISH, ids=lambda path: path.name)
def test_both_languages_have_the_same_texts(english: Path) -> None:
    italian = english.with_name(english.name.replace("en.ts", "it.ts"))
    assert len(keys(english)) > 10
    assert keys(italian) == keys(english)
    assert '""' not in italian.read_text().replace('["", ', "")
