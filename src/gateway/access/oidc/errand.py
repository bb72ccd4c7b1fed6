"""One way of a browser to the provider and back, remembered in a sealed cookie of its own."""

import base64
import hashlib
import hmac
import re
import secrets
import time
from dataclasses import dataclass

from gateway.access.oidc.refusal import LoginRefused, Reason
from gateway.access.secret_box import SecretBox, SecretKeyError

LIVES_S = 600
HOME = "/desk/"
OWN_PATH = re.compile(r"/desk(/[\w./~-]*)?(\?[\w.~%&=+-]*)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Errand:
    """`state` is known by its return, `nonce` by the ID token, `verifier` (RFC 7636) by the code.

    `to` is the page of the desk that the browser wants.
    """

    state: str
    nonce: str
    verifier: str
    to: str
    ends_at: int

    @property
    def challenge(self) -> str:
        """S256 of the verifier (RFC 7636, section 4.2)."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    @property
    def digest(self) -> bytes:
        return hashlib.sha256(self.state.encode()).digest()


def new_errand(to: str) -> Errand:
    ends_at = int(time.time()) + LIVES_S
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    return Errand(state, nonce, verifier, own_path(to), ends_at)


def own_path(path: str) -> str:
    """The path, if it is one of the desk's; else where the desk begins."""
    return path if OWN_PATH.fullmatch(path) and "//" not in path else HOME


def sealed(errand: Errand, box: SecretBox) -> str:
    return box.seal(
        {
            "state": errand.state,
            "nonce": errand.nonce,
            "verifier": errand.verifier,
            "to": errand.to,
            "ends_at": str(errand.ends_at),
        }
    ).decode()


def returned(cookie: str | None, state: str, box: SecretBox) -> Errand:
    """The errand that the browser was sent on.

    Raises:
        LoginRefused: it was sent on none, on another one, or it has taken too long.
    """
    try:
        kept = box.open((cookie or "").encode())
        errand = Errand(**{**kept, "ends_at": int(kept["ends_at"])})  # type: ignore[arg-type]
    except (SecretKeyError, TypeError, KeyError) as error:
        raise LoginRefused(Reason.STATE) from error
    if errand.ends_at < time.time() or not hmac.compare_digest(
        errand.state.encode(), state.encode()
    ):
        raise LoginRefused(Reason.STATE)
    return errand
