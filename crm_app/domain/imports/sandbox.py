"""Where the composition root puts the sandbox that reads files from strangers."""

from __future__ import annotations

from crm_app.domain.isolation import Sandbox


class _Binding:
    sandbox: Sandbox | None = None


def bind_sandbox(sandbox: Sandbox) -> None:
    """Have every import of this process read by ``sandbox``."""
    _Binding.sandbox = sandbox


def bound_sandbox() -> Sandbox:
    """The sandbox that ``bind_sandbox`` was given."""
    if _Binding.sandbox is None:
        raise RuntimeError("imports.bind_sandbox(sandbox) has not been called")
    return _Binding.sandbox
