"""The OpenID provider: what it tells of itself, its keys, and what it gives for a code."""

import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import BaseModel, ValidationError

from gateway.access.oidc.refusal import LoginRefused, Reason
from gateway.access.oidc.terms import Terms

WELL_KNOWN = "/.well-known/openid-configuration"
ALGORITHMS = ["RS256", "PS256", "ES256", "ES384"]
"""Signatures by a key that only the provider has: neither `none` nor one by a shared secret."""

REMEMBERED_S = 3600.0
TIMEOUT_S = 10.0
LEEWAY_S = 30


class Description(BaseModel):
    """What of the provider's description we need (OpenID Connect Discovery, section 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str | None = None
    token_endpoint_auth_methods_supported: list[str] = ["client_secret_basic"]


@dataclass(frozen=True, slots=True)
class Grant:
    """What the browser has brought back, and what proves that it was asked for here."""

    code: str
    verifier: str
    nonce: str
    redirect_uri: str


class Provider:
    """Description and keys are remembered for an hour; an unknown key lets them be read again.

    Every method raises LoginRefused (`provider`) where the provider does not answer as it should.
    """

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._description: tuple[float, Description] | None = None
        self._keys: tuple[float, KeySet] | None = None

    async def description(self) -> Description:
        if self._description is None or self._description[0] < time.monotonic():
            url = self._terms.issuer.rstrip("/") + WELL_KNOWN
            found = self._checked(await self._json("GET", url))
            self._description = (time.monotonic() + REMEMBERED_S, found)
        return self._description[1]

    async def claims(self, grant: Grant) -> dict[str, Any]:
        """The claims of the ID token that the code is exchanged for, verified.

        Raises:
            LoginRefused: the token is none of the provider's for us, now, and this login.
        """
        description = await self.description()
        answer = await self._json("POST", description.token_endpoint, self._form(grant))
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise LoginRefused(Reason.PROVIDER, "the provider has given no ID token")
        return await self._verified(token, grant.nonce)

    async def keys(self, *, anew: bool = False) -> KeySet:
        if anew or self._keys is None or self._keys[0] < time.monotonic():
            document = await self._json("GET", (await self.description()).jwks_uri)
            try:
                found = KeySet.import_key_set(document)
            except (JoseError, ValueError, KeyError, TypeError) as error:
                raise _unfit("its keys cannot be read") from error
            self._keys = (time.monotonic() + REMEMBERED_S, found)
        return self._keys[1]

    async def _verified(self, token: str, nonce: str) -> dict[str, Any]:
        try:
            key = await self._key_of(jws.extract_compact(token.encode()).headers().get("kid"))
            claims = jwt.decode(token, key, algorithms=ALGORITHMS).claims
            self._rules(nonce).validate(claims)
        except (JoseError, ValueError) as error:
            raise LoginRefused(Reason.TOKEN, str(error)) from error
        if claims.get("azp", self._terms.client_id) != self._terms.client_id:
            raise LoginRefused(Reason.TOKEN, "it was given to another client (azp)")
        return claims

    async def _key_of(self, kid: Any) -> Any:
        """The key by its name; a name that is not known may be that of a new key."""
        for anew in (False, True):
            keys = (await self.keys(anew=anew)).keys
            found = [key for key in keys if key.kid == kid or (kid is None and len(keys) == 1)]
            if found:
                return found[0]
        raise LoginRefused(Reason.TOKEN, "it is signed by a key that the provider does not list")

    def _rules(self, nonce: str) -> jwt.JWTClaimsRegistry:
        """OpenID Connect Core, section 3.1.3.7."""
        return jwt.JWTClaimsRegistry(
            leeway=LEEWAY_S,
            iss={"essential": True, "value": self._terms.issuer},
            sub={"essential": True},
            aud={"essential": True, "value": self._terms.client_id},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )

    def _form(self, grant: Grant) -> dict[str, str]:
        return {
            "grant_type": "authorization_code",
            "code": grant.code,
            "code_verifier": grant.verifier,
            "redirect_uri": grant.redirect_uri,
            "client_id": self._terms.client_id,
        }

    def _checked(self, document: dict[str, Any]) -> Description:
        try:
            found = Description.model_validate(document)
        except ValidationError as error:
            missing = ", ".join(str(item["loc"][0]) for item in error.errors())
            raise _unfit(f"its description lacks {missing}") from error
        if found.issuer != self._terms.issuer:
            raise _unfit(f"it calls itself {found.issuer!r}: set SPORTELLO_OIDC_ISSUER to that")
        for url in (found.token_endpoint, found.jwks_uri):
            self._require_host(url)
        return found

    def _require_host(self, url: str) -> None:
        parts, issuer = urlsplit(url), urlsplit(self._terms.issuer)
        if parts.scheme != issuer.scheme or parts.netloc not in self._terms.hosts:
            raise _unfit(f"it sends us to {parts.netloc}: allow it by SPORTELLO_OIDC_HOSTS")

    async def _json(self, method: str, url: str, form: dict[str, str] | None = None) -> Any:
        secret = self._terms.client_secret
        options: dict[str, Any] = {"data": form} if form else {}
        if form and secret is not None:
            options |= await self._authentication(form, secret)
        try:
            async with httpx.AsyncClient(timeout=TIMEOUT_S, follow_redirects=False) as http:
                answer = await http.request(method, url, **options)
            document = answer.json() if answer.is_success else None
        except (httpx.HTTPError, ValueError) as error:
            raise _unfit(f"{urlsplit(url).path}: {type(error).__name__}") from error
        if not isinstance(document, dict):
            raise _unfit(f"{urlsplit(url).path} was answered {answer.status_code}")
        return document

    async def _authentication(self, form: dict[str, str], secret: str) -> dict[str, Any]:
        """The client's secret as the provider takes it (OpenID Connect Core, section 9)."""
        methods = (await self.description()).token_endpoint_auth_methods_supported
        if "client_secret_basic" in methods:
            return {"auth": httpx.BasicAuth(self._terms.client_id, secret)}
        return {"data": form | {"client_secret": secret}}


def _unfit(detail: str) -> LoginRefused:
    return LoginRefused(Reason.PROVIDER, detail)
