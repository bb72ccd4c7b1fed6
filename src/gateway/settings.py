"""All settings, read once from the environment (prefix `SPORTELLO_`) or a `.env` file."""

import os
from ipaddress import ip_network
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AliasChoices,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

KILOBYTE = 1024
MEGABYTE = 1024 * KILOBYTE


def default_data_folder() -> Path:
    """Where the embedded database and the secret key live unless told otherwise.

    As root it must be reachable by the unprivileged user that PostgreSQL runs as.
    """
    if os.geteuid() == 0:
        return Path("/var/lib/sportello")
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "sportello"


class Settings(BaseSettings):
    """Each field's description is its line in the README's table of settings."""

    model_config = SettingsConfigDict(
        env_prefix="SPORTELLO_", env_file=".env", extra="ignore", populate_by_name=True
    )

    database_url: SecretStr | None = Field(
        None,
        validation_alias=AliasChoices("DATABASE_URL", "SPORTELLO_DATABASE_URL"),
        description="PostgreSQL to use; unset starts the embedded one",
    )
    data_folder: Path = Field(
        default_factory=default_data_folder,
        description="Embedded database and generated secret key",
    )
    secret_key: SecretStr | None = Field(
        None,
        description="Encrypts the channels' secrets (`sportello keys secret` makes one); "
        "unset keeps a generated one in the data folder",
    )
    host: str = Field("127.0.0.1", description="Address that the doors listen on")
    port: int = Field(8000, ge=0, le=65535, description="HTTP and websocket port")
    smtp_port: int = Field(2525, ge=0, le=65535, description="SMTP door's port")
    smtp_enabled: bool = Field(True, description="Whether this process opens an SMTP door")
    smtp_certificate: Path | None = Field(
        None, description="PEM file with the certificates for STARTTLS; unset: not offered"
    )
    smtp_certificate_key: Path | None = Field(
        None, description="PEM file with its key; unset: in the same file"
    )
    smtp_tls_required: bool = Field(False, description="Whether mail is taken after STARTTLS only")
    smtp_max_connections: int = Field(500, ge=1, description="Open SMTP connections; beyond: 421")
    smtp_timeout_s: float = Field(300.0, gt=0, description="Silence that ends an SMTP connection")
    smtp_peer_limit: int | None = Field(
        None,
        ge=1,
        description="Mails per minute and client address (IPv6: /64); beyond: 450. "
        "A mail server in front is one client",
    )
    smtp_sender_limit: int | None = Field(
        None, ge=1, description="Mails per minute and sender's address; beyond: 450"
    )
    public_url: str | None = Field(
        None, description="URL that providers post to, where a proxy stands in front"
    )
    proxies: int = Field(
        0,
        ge=0,
        le=10,
        description="Proxies in front that append to `X-Forwarded-For`: limits per client need it",
    )
    max_payload_bytes: int = Field(
        25 * MEGABYTE, ge=KILOBYTE, description="Larger payloads are refused (413, SMTP 552)"
    )
    inline_payload_bytes: int = Field(
        64 * KILOBYTE, ge=0, description="Larger raw payloads are stored apart before they queue"
    )
    max_file_bytes: int = Field(
        25 * MEGABYTE,
        ge=KILOBYTE,
        description="Larger files are listed with their message, not kept",
    )
    max_files_bytes: int = Field(
        50 * MEGABYTE, ge=KILOBYTE, description="The same for the files of a message together"
    )
    s3_bucket: str | None = Field(
        None,
        description="S3 bucket for files and large raw payloads; unset keeps them in PostgreSQL",
    )
    s3_endpoint: str | None = Field(
        None, description="URL of an S3-compatible store; unset means Amazon's"
    )
    s3_region: str = Field(
        "us-east-1", description="Region that requests to the store are signed for"
    )
    s3_access_key: SecretStr | None = Field(
        None, description="Access key of the store; unset: sought where Amazon's tools do"
    )
    s3_secret_key: SecretStr | None = Field(None, description="Secret of that key")
    s3_path_style: bool = Field(
        True,
        description="Whether the bucket stands in the path of URLs, or in the name of the host",
    )
    clamd: str | None = Field(
        None,
        pattern=r"^(tcp://[^/]+|unix:///.+)$",
        description="Virus scanner that speaks clamd's protocol: `tcp://host:port` or `unix:///path`",
    )
    ingest_queue_messages: int = Field(
        5_000, ge=1, description="Messages waiting for the writer; beyond: 503"
    )
    ingest_queue_bytes: int = Field(
        128 * MEGABYTE, ge=KILOBYTE, description="Bytes waiting for the writer; beyond: 503"
    )
    pool_size: int = Field(10, ge=1, le=200, description="Database connections per process")
    poll_interval_s: float = Field(
        1.0, gt=0, le=60, description="Safety net behind the wake-ups: feed, deliveries, settings"
    )
    worker: bool | None = Field(
        None, description="Whether `serve` runs a worker inside; unset: only when embedded"
    )
    send_timeout_s: float = Field(20.0, gt=0, description="Limit of one sending attempt")
    max_attempts: int = Field(8, ge=1, description="Sending attempts before a delivery fails")
    retry_base_s: float = Field(5.0, gt=0, description="First pause after a failed attempt")
    webhook_networks: str | None = Field(
        None,
        description="Networks that outgoing webhooks may reach though they are private, also by "
        "http: `10.1.0.0/16,127.0.0.1`; unset: public addresses by https alone",
    )
    oidc_issuer: str | None = Field(
        None,
        pattern=r"^(https://|http://(127\.0\.0\.1|localhost)[:/])",
        description="OpenID provider that people may log in by, as it calls itself; unset: none",
    )
    oidc_client_id: str | None = Field(None, description="What we are called there")
    oidc_client_secret: SecretStr | None = Field(
        None, description="Our secret there; unset: a public client, by PKCE alone"
    )
    oidc_scopes: str = Field("openid email profile", description="What is asked of the provider")
    oidc_hosts: str | None = Field(
        None,
        description="Hosts beside the issuer's own that its endpoints may be at: "
        "`oauth2.example.com,www.example.com`",
    )
    oidc_domains: str | None = Field(
        None, description="Mail domains that may log in by it: `example.com`; unset: any"
    )
    oidc_new_agents: Literal["agent", "supervisor", "admin"] | None = Field(
        None, description="Role of people whom no agent stands for yet; unset: they are refused"
    )
    oidc_role_claim: str | None = Field(
        None, description="Claim that gives roles, as `groups` or `realm_access.roles`"
    )
    oidc_roles: str | None = Field(
        None, description="Roles by that claim's values: `desk-leads=supervisor,it=admin`"
    )
    oidc_label: str = Field("single sign-on", description="What the desk calls the provider")
    oidc_workspace: str | None = Field(
        None, description="Workspace that it lets into, by name; unset: the first"
    )
    log_format: Literal["console", "json"] = Field("console", description="Shape of log lines")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Log level")

    @field_validator("smtp_tls_required")
    @classmethod
    def _needs_a_certificate(cls, required: bool, info: ValidationInfo) -> bool:
        if required and info.data.get("smtp_certificate") is None:
            raise ValueError("needs SPORTELLO_SMTP_CERTIFICATE")
        return required

    @field_validator("webhook_networks")
    @classmethod
    def _are_networks(cls, text: str | None) -> str | None:
        for part in (text or "").split(","):
            ip_network(part.strip() or "::")
        return text

    @field_validator("oidc_issuer")
    @classmethod
    def _names_no_more(cls, issuer: str | None) -> str | None:
        if issuer and (urlsplit(issuer).query or urlsplit(issuer).fragment):
            raise ValueError("must be the issuer alone, without query and fragment")
        return issuer

    @model_validator(mode="after")
    def _is_agreed(self) -> Self:
        if self.oidc_issuer and not self.oidc_client_id:
            raise ValueError("SPORTELLO_OIDC_ISSUER needs SPORTELLO_OIDC_CLIENT_ID")
        if bool(self.oidc_role_claim) != bool(self.oidc_role_names):
            raise ValueError("SPORTELLO_OIDC_ROLE_CLAIM and SPORTELLO_OIDC_ROLES need each other")
        if "openid" not in self.oidc_scopes.split():
            raise ValueError("SPORTELLO_OIDC_SCOPES must contain openid")
        return self

    @property
    def oidc_role_names(self) -> dict[str, str]:
        """Roles by the values of the claim; ValueError for what is no role."""
        pairs = [part.rpartition("=") for part in (self.oidc_roles or "").split(",") if part]
        names = {value.strip(): role.strip() for value, _, role in pairs}
        if "" in names or not set(names.values()) <= {"agent", "supervisor", "admin"}:
            raise ValueError("SPORTELLO_OIDC_ROLES must be value=agent|supervisor|admin,...")
        return names

    @property
    def is_embedded(self) -> bool:
        return self.database_url is None
