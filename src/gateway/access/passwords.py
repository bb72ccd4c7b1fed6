"""Passwords, kept as Argon2id hashes (RFC 9106)."""

import asyncio
from dataclasses import dataclass
from functools import cached_property

from pwdlib import PasswordHash

AT_ONCE = 2
"""So many are hashed at a time: each takes a core for tens of milliseconds, and 64 MB."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a password is right; `renewed` is a hash to keep instead, made by today's measure."""

    is_right: bool
    renewed: str | None = None


class Passwords:
    """Hashes in threads, since each hash is slow on purpose."""

    def __init__(self) -> None:
        self._hash = PasswordHash.recommended()
        self._slots = asyncio.Semaphore(AT_ONCE)

    @cached_property
    def _nobodys(self) -> str:
        return self._hash.hash("nobody has this password")

    async def hashed(self, password: str) -> str:
        async with self._slots:
            return await asyncio.to_thread(self._hash.hash, password)

    async def judge(self, password: str, kept: str | None) -> Verdict:
        """Compare with the kept hash; without one it takes as long, and is wrong."""
        async with self._slots:
            return await asyncio.to_thread(self._judge, password, kept)

    def _judge(self, password: str, kept: str | None) -> Verdict:
        is_right, renewed = self._hash.verify_and_update(password, kept or self._nobodys)
        return Verdict(is_right and kept is not None, renewed)
