"""What people decide about language models, and which of them is asked: everything that is called from outside."""

from __future__ import annotations

from crm_app.domain.ai.catalogue import create_models, delete_model, list_models, update_model
from crm_app.domain.ai.choosing import choose_models
from crm_app.domain.ai.deciding import change_settings, choose_feature, get_ai, get_preference, get_settings, list_features, set_preference
from crm_app.domain.ai.providing import create_provider, delete_provider, get_provider, list_providers, update_provider
from crm_app.domain.ai.trying import try_provider

__all__ = [
    "change_settings", "choose_feature", "choose_models", "create_models", "create_provider", "delete_model", "delete_provider", "get_ai",
    "get_preference", "get_provider", "get_settings", "list_features", "list_models", "list_providers", "set_preference", "try_provider",
    "update_model", "update_provider",
]  # fmt: skip
