"""What the host chooses, read from the environment and ``.env``. Nothing else reads the environment.

On one machine with the embedded database, the secrets are made once and kept in the data folder with mode
0600. In production (``PUBLIC_URL`` is set, or the bind leaves the loopback) they must be given.
"""

from __future__ import annotations

import ipaddress
import secrets
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, PrivateAttr, SecretStr, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from crm_app.domain.outbox.rules import read_sender
from crm_app.infrastructure.outbound_addresses import read_allowances
from crm_app.infrastructure.private_file import make_private

ROLE_NAME = r"[a-z_][a-z0-9_]{0,62}"
SECRET_FILE, RING_FILE = "secret.key", "key.ring"
SHORTEST_SECRET = 32
WEAK = frozenset({"secret", "changeme", "change-me", "password", "please-change", "0" * 32})


class SettingsError(Exception):
    """The settings cannot be used; the message is one sentence for the person who hosts."""


def _named(env: str, default: object, description: str, **limits: object) -> object:
    return Field(default=default, validation_alias=AliasChoices(env), description=description, **limits)  # type: ignore[call-overload]


class Settings(BaseSettings):
    """Every choice of the host, with its default. Documented in ``docs/configuration.md``, which is made from this class."""

    model_config = SettingsConfigDict(env_file=".env", env_file_encoding="utf-8", env_ignore_empty=True, extra="ignore", populate_by_name=True)

    data_dir: Annotated[Path, _named("MINDFULCRM_DATA_DIR", Path("data"), "Folder of the embedded database, generated secrets and logs.")]
    host: Annotated[str, _named("MINDFULCRM_HOST", "127.0.0.1", "Address to listen on. Anything but this machine needs PUBLIC_URL.")]
    port: Annotated[int, _named("MINDFULCRM_PORT", 8080, "Port to listen on; 0 takes a free one.", ge=0, le=65535)]
    public_url: Annotated[
        str | None, _named("PUBLIC_URL", None, "The https address people type. Setting it makes this a production deployment.")
    ]
    secret_key: Annotated[
        SecretStr | None,
        _named("SECRET_KEY", None, "At least 32 random characters. Made once and kept in the data folder on a single machine; required in production."),
    ]
    key_ring: Annotated[
        Path | None,
        _named("MINDFULCRM_KEY_RING", None, "File with the keys that seal stored passwords, the same for all servers. Without it, key.ring in the data folder."),
    ]
    database_url: Annotated[
        SecretStr | None,
        _named("DATABASE_URL", None, "A PostgreSQL server (15 or newer) to use instead of the embedded one; its user owns the schema."),
    ]
    database_app_url: Annotated[
        SecretStr | None,
        _named("DATABASE_APP_URL", None, "The application's own role on that server, where the owner may not create roles."),
    ]
    database_app_role: Annotated[
        str,
        _named(
            "DATABASE_APP_ROLE", "mindfulcrm_app", "Name of that role, where DATABASE_APP_URL does not give it: another one for each deployment on a shared server.",
            pattern=f"^{ROLE_NAME}$",
        ),
    ]  # fmt: skip
    db_pool_size: Annotated[int, _named("MINDFULCRM_DB_POOL_SIZE", 12, "Database connections of one process for pages and REST.", ge=2, le=100)]
    db_job_pool_size: Annotated[
        int,
        _named(
            "MINDFULCRM_DB_JOB_POOL_SIZE", 5,
            "Database connections of one process for background work: two for each job that runs at a time, one for the clock, and three more for "
            "sync. A process never opens more than these two numbers, those three and two more, and another two while it starts or backs up.", ge=3, le=51,
        ),
    ]  # fmt: skip
    trusted_proxies: Annotated[
        str, _named("MINDFULCRM_TRUSTED_PROXIES", "", "Addresses of reverse proxies whose X-Forwarded-For is believed, separated by commas.")
    ]
    metrics_token: Annotated[
        SecretStr | None, _named("MINDFULCRM_METRICS_TOKEN", None, "Bearer token for /metrics from another machine; without one only this machine may read it.")
    ]
    max_upload_mb: Annotated[int, _named("MINDFULCRM_MAX_UPLOAD_MB", 25, "Largest file a person may upload, in MB.", ge=1, le=200)]
    backup_dir: Annotated[
        Path | None, _named("MINDFULCRM_BACKUP_DIR", None, "Folder for one backup every day, made and proven by the server itself. It must exist; none without it.")
    ]
    backup_hour: Annotated[int, _named("MINDFULCRM_BACKUP_HOUR", 2, "Hour (UTC) from which the day's backup is due.", ge=0, le=23)]
    backup_keep: Annotated[int, _named("MINDFULCRM_BACKUP_KEEP", 14, "How many daily backups are kept.", ge=1, le=1000)]
    backup_key: Annotated[
        SecretStr | None,
        _named("MINDFULCRM_BACKUP_KEY", None, "At least 20 random characters that encrypt backups. Keep a copy elsewhere: without it no backup opens."),
    ]
    archive_dir: Annotated[
        Path | None, _named("MINDFULCRM_ARCHIVE_DIR", None, "Folder, best on another disk, for the log of every change of the embedded database. It must exist.")
    ]
    smtp_host: Annotated[
        str | None, _named("SMTP_HOST", None, "Mail server for what is sent: invitations, links for a new password, the daily mail. None is without it.")
    ]
    smtp_port: Annotated[int, _named("SMTP_PORT", 587, "Port of that server.", ge=1, le=65535)]
    smtp_security: Annotated[
        Literal["starttls", "tls", "none"], _named("SMTP_SECURITY", "starttls", "starttls (port 587), tls (port 465), or none inside a network of yours.")
    ]
    smtp_user: Annotated[str, _named("SMTP_USER", "", "Name to sign in to it with, if it asks for one.")]
    smtp_password: Annotated[SecretStr | None, _named("SMTP_PASSWORD", None, "The password for it.")]
    smtp_from: Annotated[str, _named("SMTP_FROM", "", "From whom mail comes, for example Stillwater <crm@example.org>. Needed with SMTP_HOST.")]
    inner_hosts: Annotated[
        str,
        _named(
            "MINDFULCRM_INNER_HOSTS", "",
            "Servers inside your own network that may be connected to, each with its port, separated by commas: mail.lan:25, 10.0.0.4:587. Nothing else inside is.",
        ),
    ]  # fmt: skip
    google_client_id: Annotated[str, _named("GOOGLE_CLIENT_ID", "", "Your own client at Google, for Google accounts. Without it, one is entered in the settings.")]
    google_client_secret: Annotated[SecretStr | None, _named("GOOGLE_CLIENT_SECRET", None, "The secret of that client.")]
    log_level: Annotated[str, _named("MINDFULCRM_LOG_LEVEL", "INFO", "DEBUG, INFO, WARNING or ERROR.", pattern="^(DEBUG|INFO|WARNING|ERROR)$")]
    api_docs: Annotated[bool, _named("MINDFULCRM_API_DOCS", False, "Serve the REST interface's description at /api/v1/openapi.json.")]

    _secret_is_ours: bool = PrivateAttr(default=False)

    @field_validator("public_url")
    @classmethod
    def _https(cls, value: str | None) -> str | None:
        if value and (urlsplit(value).scheme != "https" or not urlsplit(value).hostname):
            raise ValueError("PUBLIC_URL must be a full address that begins with https://, for example https://crm.example.org.")
        return value.rstrip("/") if value else None

    @field_validator("secret_key")
    @classmethod
    def _strong(cls, value: SecretStr | None) -> SecretStr | None:
        given = value.get_secret_value() if value is not None else None
        if given is not None and (len(given) < SHORTEST_SECRET or given.lower() in WEAK or len(set(given)) < 8):
            raise ValueError("SECRET_KEY is too weak: use at least 32 random characters, for example from `openssl rand -base64 48`.")
        return value

    @field_validator("inner_hosts")
    @classmethod
    def _hosts(cls, value: str) -> str:
        read_allowances(value)
        return value

    @model_validator(mode="after")
    def _pairs(self) -> Settings:
        if bool(self.google_client_id) != bool(self.google_client_secret):
            raise ValueError("GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET belong together: set both, or neither.")
        if self.smtp_host and not self.smtp_from:
            raise ValueError("SMTP_FROM is required when SMTP_HOST is set: the address that mail comes from.")
        if self.smtp_from:
            read_sender(self.smtp_from)
        if self.smtp_host and self.smtp_security == "none" and self.smtp_password:
            raise ValueError("SMTP_PASSWORD would be sent without encryption: set SMTP_SECURITY to starttls or tls.")
        return self

    @model_validator(mode="after")
    def _production(self) -> Settings:
        if not self.is_local_bind and not self.public_url:
            raise ValueError(f"MINDFULCRM_HOST is {self.host}, which other machines can reach; set PUBLIC_URL to the https address people use.")
        if self.public_url and self.secret_key is None:
            raise ValueError("SECRET_KEY is required when PUBLIC_URL is set: put at least 32 random characters in the environment.")
        if self.archive_dir and self.database_url:
            raise ValueError("MINDFULCRM_ARCHIVE_DIR is for the database that comes along: a server of your own archives its log itself. Leave one of the two away.")
        return self

    @property
    def is_local_bind(self) -> bool:
        """True when only this machine can reach the server."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def is_production(self) -> bool:
        """True when people come from elsewhere over https."""
        return self.public_url is not None

    @property
    def key(self) -> bytes:
        """The secret key as bytes; available after ``load_settings``."""
        if self.secret_key is None:
            raise SettingsError("No secret key: read the settings with load_settings().")
        return self.secret_key.get_secret_value().encode()

    @property
    def secret_is_given(self) -> bool:
        """True when the host has set the secret key, False when it was made here."""
        return not self._secret_is_ours

    @property
    def ring_path(self) -> Path:
        """Where the key ring is, or will be."""
        return self.key_ring or self.data_dir / RING_FILE


def load_settings(**overrides: object) -> Settings:
    """Read and check the settings, and make the local secret at the first start.

    Raises ``SettingsError`` with one sentence per fault.
    """
    try:
        settings = Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        raise SettingsError(" ".join(_sentence(fault) for fault in error.errors())) from None
    except UnicodeDecodeError:
        raise SettingsError("The file .env in this folder is no text in UTF-8: save it again in that encoding.") from None
    except OSError as error:
        raise SettingsError(f"The file {error.filename or '.env'} cannot be read: {error.strerror}.") from None
    if settings.secret_key is None:
        settings.secret_key, settings._secret_is_ours = SecretStr(_local_secret(settings.data_dir)), True
    return settings


def _sentence(fault: ErrorDetails) -> str:
    name = str(fault["loc"][0]) if fault["loc"] else ""
    message = str(fault["msg"]).removeprefix("Value error, ")
    if fault["type"] == "value_error":
        return message
    alias = Settings.model_fields[name].validation_alias if name in Settings.model_fields else None
    shown = alias.choices[0] if isinstance(alias, AliasChoices) else name
    return f"{shown}: {message}."


def _local_secret(data_dir: Path) -> str:
    """Read or make the secret of this machine. One that is missing or cut short beside an existing database is refused, never replaced."""
    path = data_dir / SECRET_FILE
    if data_dir.exists() and not data_dir.is_dir():
        raise SettingsError(f"{data_dir} is a file and not a folder: set MINDFULCRM_DATA_DIR to a folder that can be written.")
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        kept = path.read_text(encoding="utf-8", errors="replace").strip() if path.exists() else ""
        if len(kept) >= SHORTEST_SECRET:
            return kept
        if (data_dir / "postgres" / "pgdata").exists():
            what = "is not whole" if path.exists() else "is missing"
            raise SettingsError(f"{path} {what} although there is a database beside it: put the file back from your backup, or set SECRET_KEY.")
        return _made_secret(path)
    except OSError as error:
        raise SettingsError(f"The data folder {data_dir} cannot be used: {error.strerror}. Set MINDFULCRM_DATA_DIR to a folder that can be written.") from error


def _made_secret(path: Path) -> str:
    """Make the secret of this machine; of two processes that start at once, both use the first one's."""
    if path.exists() and len(path.read_text(encoding="utf-8", errors="replace").strip()) < SHORTEST_SECRET:
        path.unlink(missing_ok=True)  # of a start that was cut short before anything was kept under it
    make_private(path, secrets.token_urlsafe(48))
    return path.read_text(encoding="utf-8").strip()
