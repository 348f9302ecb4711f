"""Google as the settings show it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class GoogleClientUpdate(BaseModel):
    """The practice's client, as Google's console shows it. The secret is taken in and never given out again."""

    model_config = ConfigDict(extra="forbid")

    client_id: str = Field(min_length=1, max_length=300)
    secret: SecretStr


class GoogleView(BaseModel):
    """Whether accounts at Google can be connected: they can once there is a client. ``by_host``: whoever hosts this has set it, and no page changes it.

    ``back`` is the address that Google must know, to which it sends people who have signed in.
    """

    model_config = ConfigDict(frozen=True)

    client_id: str
    by_host: bool
    back: str


class SignInPlace(BaseModel):
    """Where somebody signs in at Google, once and within ten minutes."""

    model_config = ConfigDict(frozen=True)

    address: str
