"""Settings, AI & budgets: off with a plain explanation, then a provider, its models, what they are used for, what they may not do and what they may cost."""

from __future__ import annotations

from uuid import UUID

import pytest
from pydantic import SecretStr

from crm_app.ai.bound import bind_gateway
from crm_app.ai.embedding import FakeEmbedder, bind_embedder
from crm_app.ai.errors import KeyRefused
from crm_app.ai.fake import FakeGateway
from crm_app.domain.actor import Actor
from crm_app.domain.ai import service as ai
from crm_app.domain.ai.features import Feature, Tier
from crm_app.domain.ai.schemas import ModelCreate, ProviderCreate, ProviderView, SettingsUpdate
from crm_app.domain.consents import service as consents
from crm_app.domain.consents.schemas import ConsentCreate
from crm_app.domain.meaning import queries
from crm_app.domain.unit_of_work import anonymous_work, run_service
from crm_app.pages.settings.ai.provider import ProviderPart
from tests.connection_rows import stored
from tests.pages.conftest import Entry, Person, Visit
from tests.tabs import RunningHouse

PLACE = "/settings/ai"
KEY = "sk-violet-kettle"
MODEL = ModelCreate(name="claude-sonnet-5", label="Sonnet", input_price=3_000_000, output_price=15_000_000, context_tokens=200_000, max_output=8_000)


def provider(olivia: Actor, *models: ModelCreate) -> ProviderView:
    made = run_service(olivia, ai.create_provider, ProviderCreate(provider="anthropic", key=SecretStr(KEY), trains=False))
    return run_service(olivia, ai.create_models, made.id, models)


def switch_on(olivia: Actor, **values: object) -> None:
    run_service(olivia, ai.change_settings, SettingsUpdate(version=1, enabled=True, **values))


def reads(actor: Actor) -> UUID | None:
    """The model to which search by meaning was given."""
    return next(row.model_id for row in run_service(actor, ai.list_features) if row.feature is Feature.SEARCH)


def test_it_is_off_at_first_and_says_what_switching_it_on_means(visit: Visit, olivia: Actor, alice: Actor, vera: Actor) -> None:
    hers = visit(alice, PLACE).sees("AI is switched off", "Of a contact nothing is sent unless they have agreed to it", "The owner of this team or an admin can switch it on.")
    assert not hers.has("Switch on") and not hers.has("Add a provider")
    page = visit(olivia, PLACE).sees("What switching it on means", "No provider yet").press("Switch on")
    page.sees("Switch AI on?").press("Switch on", beside="Cancel").sees("AI is on", "Models", "Guardrails")
    assert run_service(alice, ai.get_settings).enabled
    hers.sees("Guardrails")
    assert not visit(vera, "/settings/profile").has("AI & budgets")


def test_a_provider_is_added_in_steps_and_its_key_is_never_seen_again(visit: Visit, olivia: Actor, house: RunningHouse) -> None:
    page = visit(olivia, PLACE).press("Anthropic With a key of your account there").sees("console.anthropic.com/settings/keys", "it is shown once")
    page.press("Add").sees("Anthropic needs a key.")
    page.fill("Key", KEY).press("By contract it does not learn from what it is sent").press("Add").sees("Its models", "None yet")
    assert KEY not in page.html + page.text and KEY not in page.reload().html and page.value("Key") == ""
    row = stored(house, "(select trains::text || local::text || audience from ai_provider)")
    assert row == "falsefalseteam"
    page.press("Remove").press("Remove", beside="Cancel").sees("No provider yet")


def test_a_model_is_named_by_hand_with_its_price_and_mended_where_it_is_wrong(visit: Visit, olivia: Actor, house: RunningHouse) -> None:
    made = run_service(olivia, ai.create_provider, ProviderCreate(provider="compatible", base_url="https://models.example.org/v1"))
    page = visit(olivia, f"{PLACE}?provider={made.id}").press("Add a model").press("Add", beside="Cancel").sees("Which model?")
    page.fill("Model", "qwen3:8b").fill("Price of what is sent", "many").press("Add", beside="Cancel").sees("An amount in US dollars")
    page.fill("Price of what is sent", "0,25").fill("Price of what comes", "1.5").fill("Tokens that it answers at most", "0").press("Add", beside="Cancel")
    page.sees("Say how many tokens it answers at most").fill("Tokens that it answers at most", "2048").press("Add", beside="Cancel")
    page.sees("Saved", "$0.25 in and $1.50 out for a million tokens")
    assert stored(house, "input_price || ' ' || output_price || ' ' || price_source from ai_model") == "250000 1500000 entered"
    page.press("More about qwen3:8b").press("Edit").fill("Price of what comes", "").press("Save", beside="Cancel").sees("price unknown, so it is not used", "No price")


def test_it_is_tried_by_a_job_through_the_meter_and_says_what_is_wrong(visit: Visit, olivia: Actor, house: RunningHouse) -> None:
    made = provider(olivia)
    gateway = FakeGateway("OK")
    bind_gateway(gateway)
    page = visit(olivia, f"{PLACE}?provider={made.id}")
    run_service(olivia, ai.create_models, made.id, [MODEL])
    page.reload().press("Try it").sees("It is being asked")
    house.work()
    page.sees("It works.", "Sonnet answered within")
    assert stored(house, "state || ' ' || skill from ai_call") == "settled trial" and KEY not in page.html
    bind_gateway(FakeGateway(KeyRefused()))
    page.press("Try it")
    house.work()
    page.sees("It does not work.", "does not take the key")
    bind_gateway(None)


def test_what_it_is_used_for_is_decided_in_the_table(visit: Visit, olivia: Actor, alice: Actor) -> None:
    provider(olivia, MODEL)
    switch_on(olivia)
    page = visit(olivia, PLACE).sees("Daily briefing", "Email drafts", "Sentiment", "Nothing was spent yet.")
    assert not page.sees("On this machine").has("Model for Search by meaning"), "no choice where nothing would come of it"
    page.choose("Model for Email drafts", "Best").press("Sentiment").sees("Models")
    view = {row.feature: row for row in run_service(alice, ai.list_features)}
    assert view[Feature.DRAFTS].tier is Tier.BEST and not view[Feature.SENTIMENT].enabled
    page.press("Limit for Email drafts").fill("A month (USD)", "4").press("Save", beside="Cancel").sees("Saved", "$4.00")
    theirs = visit(alice, PLACE).sees("Email drafts", "$4.00")
    assert not theirs.has("Model for Email drafts") and not theirs.has("What people may spend")


def test_search_by_meaning_may_be_given_to_a_model_once_it_was_said_what_that_means(visit: Visit, olivia: Actor, alice: Actor, person: Person, entry: Entry) -> None:
    vectors = ModelCreate(name="vectors-1", label="Vectors", input_price=20_000, output_price=0, context_tokens=8_000, embedding=True)
    team = provider(olivia, MODEL, vectors)
    switch_on(olivia)
    ana = person(alice, "Ana Silva")
    entry(alice, ana, "Sleeps badly")
    run_service(alice, consents.record_consents, ConsentCreate(contact_ids=[ana.id], purposes=["ai"], action="given"))
    bind_embedder(None)
    page = visit(olivia, PLACE).sees("Search by meaning", "Texts are read by", "the small model is not installed on this server")
    bind_embedder(FakeEmbedder())
    page.reload().sees("Nothing was read yet.")
    page.choose("Who reads for search by meaning", f"Vectors · {team.name}").sees("Read with Vectors?", "1 text is to be read now. Counted as a token for three letters, that comes to less than $0.01 at its price", "pauses and goes on later", "not agreed are not sent")
    assert not page.has("At the speed"), "how long it takes is not known before anything was read"
    page.press("Cancel").sees("Nothing was read yet.")
    assert reads(alice) is None
    page.choose("Who reads for search by meaning", f"Vectors · {team.name}").press("Have it read").sees("Saved", "Reading begins within a minute.")
    assert reads(alice) is not None
    with anonymous_work() as session:
        queries.pause(session, "limit", None)
    theirs = visit(alice, PLACE).sees("Reading pauses: a limit of what may be spent is reached.", "Vectors")
    assert not theirs.has("Who reads for search by meaning")
    page.choose("Who reads for search by meaning", "On this machine").sees("nothing is sent any more").press("Read here").sees("Saved")
    assert reads(alice) is None
    bind_embedder(None)


def test_guardrails_are_decided_by_those_who_manage_it_and_read_by_all(visit: Visit, olivia: Actor, alice: Actor) -> None:
    switch_on(olivia)
    page = visit(olivia, PLACE).press("Hide names").sees("Saved").press("Only on our own machines").sees("Saved")
    page.choose("Days", "90 days").choose("Region", "European Union")
    kept = run_service(alice, ai.get_settings)
    assert (kept.pseudonymise, kept.local_only, kept.keep_days, kept.region) == (True, True, 90, "eu")
    assert not visit(alice, PLACE).sees("Ask before acting", "Respect consent").has("Hide names")
    page.press("Switch off").press("Switch off", beside="Cancel").sees("AI is switched off")


def test_amounts_are_shown_in_the_teams_currency_at_its_own_rate(visit: Visit, olivia: Actor) -> None:
    switch_on(olivia)
    page = visit(olivia, PLACE).sees("of $50.00").press("USD").fill("Currency", "euro").fill("A US dollar is", "0").press("Save", beside="Cancel")
    page.sees("Three letters, such as EUR", "A number above nought").fill("Currency", "eur").fill("A US dollar is", "0.5").press("Save", beside="Cancel").sees("of €25.00")
    page.press("Change limit").fill("A month (EUR)", "20").press("Save", beside="Cancel").sees("of €20.00")


def test_what_people_may_spend_and_ones_own_wish(visit: Visit, olivia: Actor, alice: Actor) -> None:
    switch_on(olivia)
    page = visit(olivia, PLACE).press("Show").sees("Alice", "$0.00 of $1.00 today")
    page.press("Change", beside="Alice").fill("A day (USD)", "3").press("Save", beside="Cancel").sees("$0.00 of $3.00 today")
    hers = visit(alice, PLACE).sees("$3.00 is left for today.").press("Change", beside="Your limit").fill("A day (USD)", "9").press("Save", beside="Cancel")
    hers.sees("You may spend $3.00 a day").fill("A day (USD)", "2").press("Save", beside="Cancel").sees("$2.00 is left for today.")
    hers.choose("Your drafts", "Best").press("Keep mine at home").sees("Saved")
    kept = run_service(alice, ai.get_preference)
    assert kept.local_only and kept.tiers == {Feature.DRAFTS: Tier.BEST}


def test_members_add_a_provider_of_their_own_where_the_team_allows_it(visit: Visit, olivia: Actor, alice: Actor, bob: Actor) -> None:
    provider(olivia, MODEL)
    assert not visit(alice, PLACE).has("Add a provider")
    switch_on(olivia, own_keys=True)
    hers = visit(alice, f"{PLACE}?add=mistral").fill("Key", "mine").press("Add").sees("Its models")
    assert "your own" in hers.text
    assert [one.name for one in run_service(bob, ai.list_providers)] == ["Anthropic"]
    team = visit(alice, PLACE).sees("Mistral").press("Open", beside="Anthropic").sees("Sonnet")
    assert not team.has("Try it") and not team.has("Add a model")


def test_what_the_page_saved_itself_is_drawn_once_and_what_a_colleague_saves_comes(visit: Visit, olivia: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    made = provider(olivia)
    page = visit(olivia, f"{PLACE}?provider={made.id}").sees("None yet")
    drawn: list[str] = []
    draw = ProviderPart.draw

    async def counted(part: ProviderPart) -> None:
        drawn.append(part.view.name)
        await draw(part)

    monkeypatch.setattr(ProviderPart, "draw", counted)
    page.press("Save").sees("Saved").waits(0.5)
    assert len(drawn) == 1
    run_service(olivia, ai.create_models, made.id, [MODEL])
    page.sees("Sonnet")
    assert len(drawn) == 2


def test_llm_08_an_address_inside_that_is_typed_here_is_refused_unless_the_host_opened_it(visit: Visit, olivia: Actor, house: RunningHouse) -> None:
    page = visit(olivia, f"{PLACE}?add=compatible").fill("Address", "https://169.254.169.254/latest").press("Add").sees("inside this network")
    page.fill("Address", "http://models.example.org/v1").press("Add").sees("must begin with https://")
    assert stored(house, "count(*) from ai_provider") == 0
    page.fill("Address", "https://models.example.org/v1").press("Add").sees("Its models")


def test_azure_asks_for_its_address_and_its_key_and_is_no_machine_of_ours(visit: Visit, olivia: Actor, house: RunningHouse) -> None:
    page = visit(olivia, PLACE).sees("Azure OpenAI Models that you have deployed there").open(f"{PLACE}?add=azure").sees("Its deployment's name is the model's name here.")
    assert not page.has("It runs on a machine of the practice")
    page.fill("Key", KEY).press("Add").sees("Enter the address").fill("Address", "https://practice.openai.azure.com").press("Add").sees("Its models")
    assert stored(house, "base_url from ai_provider") == "https://practice.openai.azure.com" and KEY not in page.reload().html
