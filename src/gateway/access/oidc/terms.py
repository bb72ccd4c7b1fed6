"""What the operator has agreed with the provider, and who may come in by it."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from gateway.access.oidc.refusal import LoginRefused, Reason
from gateway.access.tokens import Role
from gateway.settings import Settings


@dataclass(frozen=True, slots=True)
class Terms:
    """What is agreed, from the settings.

    `hosts` are those that calls may go to; `domains` empty: any. `new_role`: of people whom nobody
    knows yet, None: they are refused. `roles`: by the values of the claim `role_claim`, a path with
    dots. `workspace` is a name, None: the first.
    """

    issuer: str
    client_id: str
    client_secret: str | None = field(repr=False)
    scopes: str
    hosts: frozenset[str]
    domains: frozenset[str]
    new_role: Role | None
    role_claim: str | None
    roles: dict[str, Role]
    label: str
    workspace: str | None

    def require_domain(self, email: str | None) -> None:
        """Raises LoginRefused if the address is of no domain that is allowed."""
        domain = (email or "").rpartition("@")[2].lower()
        if self.domains and domain not in self.domains:
            raise LoginRefused(Reason.DOMAIN)

    def role_of(self, claims: dict[str, Any]) -> Role | None:
        """The highest role that the claims give; None where the provider has no say in it.

        Raises:
            LoginRefused: the provider has a say, gives none, and new people are not created.
        """
        if self.role_claim is None:
            return None
        value: Any = claims
        for part in self.role_claim.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        values = value if isinstance(value, list) else [value]
        given = [
            self.roles[each] for each in values if isinstance(each, str) and each in self.roles
        ]
        if not given and self.new_role is None:
            raise LoginRefused(Reason.ROLE)
        return max(given, key=list(Role).index, default=self.new_role)


def terms_of(settings: Settings) -> Terms | None:
    """None where there is no provider."""
    if settings.oidc_issuer is None or settings.oidc_client_id is None:
        return None
    secret = settings.oidc_client_secret
    return Terms(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=secret.get_secret_value() if secret else None,
        scopes=settings.oidc_scopes,
        hosts=frozenset({urlsplit(settings.oidc_issuer).netloc, *listed(settings.oidc_hosts)}),
        domains=frozenset(listed(settings.oidc_domains)),
        new_role=Role(settings.oidc_new_agents) if settings.oidc_new_agents else None,
        role_claim=settings.oidc_role_claim,
        roles={value: Role(role) for value, role in settings.oidc_role_names.items()},
        label=settings.oidc_label,
        workspace=settings.oidc_workspace,
    )


def listed(text: str | None) -> list[str]:
    return [part.strip().lower() for part in (text or "").split(",") if part.strip()]
