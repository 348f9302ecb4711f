"""What models, their providers and their calls are called."""

from __future__ import annotations

from crm_app.components.money import DOLLARS
from crm_app.domain.ai.features import Tier
from crm_app.domain.ai.schemas import ModelView, ProviderView
from crm_app.domain.i18n import _, ngettext


def tiers() -> dict[str, str]:
    """How much model."""
    return {Tier.FAST.value: _("Fast"), Tier.BALANCED.value: _("Balanced"), Tier.BEST.value: _("Best"), Tier.LOCAL.value: _("Local · own machines")}


def model_tiers() -> dict[str, str]:
    """What a model is among the others."""
    return {name: said for name, said in tiers().items() if name != Tier.LOCAL}


def regions(*, other: bool = True) -> dict[str, str]:
    """Where a provider works."""
    known = {"": _("Not known"), "eu": _("European Union"), "us": _("United States"), "other": _("Elsewhere")}
    return known if other else {"": _("Anywhere"), "eu": known["eu"], "us": known["us"]}


def provider_caption(view: ProviderView) -> str:
    """What counts about a provider, in one line."""
    count = len(view.models)
    said = [ngettext("%d model", "%d models", count) % count if count else _("No model yet")]
    if view.own:
        said.append(_("your own"))
    if view.local:
        said.append(_("on a machine of the practice"))
    else:
        said += [regions()[view.region]] if view.region else []
        said.append(_("may learn from what it is sent") if view.trains else _("does not learn from what it is sent"))
    if not view.has_key and not view.base_url:
        said.append(_("the key is missing"))
    return " · ".join(said)


def model_caption(view: ModelView, *, local: bool) -> str:
    """What a model costs and holds."""
    if local:
        cost = _("free")
    elif not view.priced:
        cost = _("price unknown, so it is not used")
    elif view.embedding:
        cost = _("%s for a million tokens") % DOLLARS.say(view.input_price or 0)
    else:
        cost = _("%(given)s in and %(came)s out for a million tokens") % {"given": DOLLARS.say(view.input_price or 0), "came": DOLLARS.say(view.output_price or 0)}
    reads = _("reads %d thousand tokens") % max(1, view.context_tokens // 1000)
    return " · ".join([_("search") if view.embedding else model_tiers()[view.tier], cost, reads])
