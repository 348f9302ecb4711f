"""Settings → AI & budgets: whether models are used, which ones, for what, and how much they may cost."""

from crm_app.pages.settings.ai.part import ai_part

__all__ = ["ai_part"]
