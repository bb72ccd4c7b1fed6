"""Programs of the system that some tests run: where one is missing, those are skipped.

With `SPORTELLO_REQUIRE_PROGRAMS` in the environment they fail instead: there, `.ci/run` has
installed what they need.
"""

import os
import shutil
from typing import NoReturn

import pytest


def program(name: str, package: str) -> str:
    """The path of a program, also of one that only root has on its path."""
    path = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"
    found = shutil.which(name, path=path)
    if found is None:
        missing(f"there is no {name}: install Debian's {package}, or what your system calls it")
    return found


def missing(says: str) -> NoReturn:
    """End a test that lacks a program."""
    if os.environ.get("SPORTELLO_REQUIRE_PROGRAMS"):
        pytest.fail(says)
    pytest.skip(says)
