"""The Dockerfile's own build steps, done outside Docker."""

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
INSTALLED = "/opt/sportello"
UNNEEDED = ("pip install", "useradd")  # uv is here already, and so is the user


def instructions(name: str) -> list[str]:
    """The arguments of every instruction of that name, with continued lines joined."""
    lines = (ROOT / "Dockerfile").read_text().replace("\\\n", " ").splitlines()
    return [line.partition(" ")[2] for line in lines if line.startswith(f"{name} ")]


def install(source: Path, target: Path) -> None:
    """Copy what the Dockerfile copies into `source`, then run its steps, which fill `target`.

    Nothing is downloaded: everything comes from uv's cache.
    """
    for copied in instructions("COPY"):
        if not copied.startswith("--from"):
            copy(copied.split()[:-1], source)
    environment = {**os.environ, "UV_OFFLINE": "1", "UV_PYTHON_DOWNLOADS": "never"}
    environment.pop("VIRTUAL_ENV", None)
    for step in instructions("RUN"):
        if not step.startswith(UNNEEDED):
            here = step.replace(INSTALLED, str(target))
            subprocess.run(["bash", "-euc", here], cwd=source, env=environment, check=True)


def copy(names: list[str], target: Path) -> None:
    ignored = shutil.ignore_patterns("__pycache__")
    for name in names:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, target / name)
