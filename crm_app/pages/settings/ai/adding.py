"""Adding a provider: what to do over there, then the fields, then its models."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from nicegui import ui

from crm_app.components import live
from crm_app.components.ai_words import regions
from crm_app.components.draft import Draft
from crm_app.components.elements import busy, button, icon, section
from crm_app.components.fields import checkbox, field
from crm_app.components.guard import telling
from crm_app.components.text import attributes, block, link, text
from crm_app.domain.ai import service as ai
from crm_app.domain.ai.kinds import OFFERS, Offer, ProviderKind
from crm_app.domain.ai.schemas import AiView, ProviderCreate
from crm_app.domain.i18n import _

PLACE = "/settings/ai"
ON_ENTER = "(e) => { if (e.target.matches('input:not([role=combobox])')) emit(); }"
FIRST = (
    ProviderKind.OPENAI, ProviderKind.ANTHROPIC, ProviderKind.GEMINI, ProviderKind.MISTRAL, ProviderKind.OPENROUTER, ProviderKind.AZURE,
    ProviderKind.OLLAMA, ProviderKind.COMPATIBLE,
)  # fmt: skip
EXAMPLES = {
    ProviderKind.AZURE: "https://practice.openai.azure.com", ProviderKind.OLLAMA: "http://ollama.lan:11434", ProviderKind.COMPATIBLE: "https://models.example.org/v1",
}  # fmt: skip


def ways(view: AiView) -> None:
    """Every provider that can be added, folded where there is one; beyond the first few, the others are folded as well."""
    if view.providers:
        with ui.expansion(_("Add a provider")).classes("mc-more"):
            _ways()
    else:
        with section(_("Add a provider")):
            pass
        _ways()
    if not view.manages:
        text(_("What you add here is yours alone: nobody else asks by your key."), "mc-cap", tag="p")


def _ways() -> None:
    with block("mc-conn-ways"):
        for kind in FIRST:
            _way(kind)
    with ui.expansion(_("Others")).classes("mc-more"), block("mc-conn-ways"):
        for kind in ProviderKind:
            if kind not in FIRST:
                _way(kind)


def _way(kind: ProviderKind) -> None:
    with block("mc-way", tag="a") as row:
        with block("mc-tile", tag="span"):
            icon("server" if OFFERS[kind].may_be_ours else "sparkles", 18)
        with block("mc-col mc-grow", tag="span"):
            text(OFFERS[kind].title, "mc-strong mc-ink")
            text(_hint(kind), "mc-cap")
    attributes(row, href=f"{PLACE}?add={kind.value}")


def _hint(kind: ProviderKind) -> str:
    if kind is ProviderKind.OLLAMA:
        return _("Models on a machine of your own")
    if kind is ProviderKind.COMPATIBLE:
        return _("Any server that speaks as OpenAI's does")
    if kind is ProviderKind.AZURE:
        return _("Models that you have deployed there")
    return _("With a key of your account there")


class AddProvider:
    """One provider. The key is asked for, sealed by the service, and forgotten here."""

    def __init__(self, kind: ProviderKind, view: AiView) -> None:
        self.kind, self.offer, self.view = kind, OFFERS[kind], view
        self.draft = Draft(ProviderCreate, provider=kind, name=self.offer.title, local=kind is ProviderKind.OLLAMA, own=not view.manages)

    def draw(self) -> None:
        """What to do there, and the fields."""
        link(_("AI & budgets"), PLACE, "mc-crumb mc-crumb-up")
        text(self.offer.title, "mc-section mc-form-title", tag="h2")
        with block("mc-guide", tag="ol"):
            for said in steps(self.kind, self.offer):
                text(said, tag="li")
        with block("mc-conn-form").on("keydown.enter", self.add, js_handler=ON_ENTER):
            key_fields(self.draft, self.kind, self.offer)
            self.honest = policy_fields(self.draft, self.offer)
            if self.view.manages and self.view.settings.own_keys:
                checkbox(_("For me alone, not for the team"), self.draft.own).bind_value(self.draft, "own")
            with block("mc-row mc-gap-8"):
                self.go = button(_("Add"), kind="primary", icon="plus", on_click=self.add)
                button(_("Cancel"), kind="ghost", href=PLACE)

    async def add(self) -> None:
        """Keep it, and go on to its models."""
        names = ("name", "base_url", "region")
        given = {name: getattr(self.draft, name) or "" for name in names} | {name: bool(getattr(self.draft, name)) for name in ("own", "local")}
        data = self.draft.validated(provider=self.kind, trains=not self.honest.value, **given)
        if data is None:
            return
        with telling(self.draft), busy(self.go):
            made = (await live.change(ai.create_provider, data)).value
            self.draft.key = ""
            ui.navigate.to(f"{PLACE}?provider={made.id}")


def steps(kind: ProviderKind, offer: Offer) -> tuple[str, ...]:
    """What is to be done over there."""
    if kind is ProviderKind.OLLAMA:
        return (
            _("Run Ollama on a machine of the practice, and fetch a model there: ollama pull qwen3."),
            _("Whoever hosts MindfulCRM opens its address: MINDFULCRM_INNER_HOSTS=ollama.lan:11434."),
            _("Enter the address here. What is asked there never leaves your machines."),
        )
    if kind is ProviderKind.COMPATIBLE:
        return (
            _("Look up the address at which the server is asked; it mostly ends in /v1."),
            _("Inside your own network, whoever hosts MindfulCRM opens it: MINDFULCRM_INNER_HOSTS=models.lan:8000."),
        )
    if kind is ProviderKind.AZURE:
        return (
            _("Deploy a model there, in the region where it is to work. Its deployment's name is the model's name here."),
            _("Copy the address of the resource, without anything after its host, and one of its keys."),
            _("Look into your contract: whether what is sent may be used to train models, and where it is kept."),
        )
    return (
        _("Open %s with an account of the practice, and put some credit on it.") % _shown(offer.console),
        _("Make a key there, for MindfulCRM alone, and copy it: it is shown once. A limit there, too, does no harm."),
        _("Look into your contract: whether what is sent may be used to train models, and where it is kept."),
    )


def key_fields(draft: Draft[Any], kind: ProviderKind, offer: Offer, *, kept: bool = False) -> None:
    """How it is called, where it is, and its key; where one is ``kept``, an empty field means that one."""
    with block("mc-form-grid"):
        field(draft, "name", label=_("What you call it here"))
        if offer.needs_address:
            field(draft, "base_url", label=_("Address"), placeholder=EXAMPLES[kind], long=False).props("autocomplete=off spellcheck=false inputmode=url")
        hint = _("It is kept sealed, and never shown again.") if offer.needs_key else _("Only if the server wants one.")
        hint = _("Leave it empty to keep the one that is there.") if kept else hint
        field(draft, "key", label=_("Key"), hint=hint).props("type=password autocomplete=off")


def policy_fields(draft: Draft[Any], offer: Offer, *, trains: bool = True) -> ui.checkbox:
    """What its owner says of it; what is returned is ticked where it learns from nothing."""
    with block("mc-form-grid"):
        field(draft, "region", label=_("Where it works"), options=regions()).props(remove="clearable")
    with block("mc-col mc-gap-8"):
        honest = checkbox(_("By contract it does not learn from what it is sent"), not trains)
        if offer.may_be_ours:
            checkbox(_("It runs on a machine of the practice"), draft.local).bind_value(draft, "local")
    return honest


def _shown(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.hostname}{parts.path}"
