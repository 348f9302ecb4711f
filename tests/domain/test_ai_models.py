"""Providers, their keys, their models, and what is decided about them: who may, what is refused, and that no key is ever seen again."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from crm_app.domain.ai import keys, places, queries
from crm_app.domain.ai import service as ai
from crm_app.domain.ai.features import TIERS, Feature, ModelTier, PriceSource, Tier
from crm_app.domain.ai.schemas import (
    FeatureUpdate,
    ModelCreate,
    ModelUpdate,
    PreferenceUpdate,
    ProviderCreate,
    ProviderUpdate,
    SettingsUpdate,
)
from crm_app.domain.ai.selector import Need
from crm_app.domain.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable
from crm_app.domain.permissions import Role
from crm_app.domain.sealing import bind_box
from crm_app.domain.unit_of_work import unit_of_work
from tests.domain.boxes import TurnedBox

KEY = "sk-gehe1m"
CLAUDE = ProviderCreate(provider="anthropic", key=SecretStr(KEY), region="us", trains=False)
MODEL = ModelCreate(name="claude-sonnet-5", label="Sonnet", input_price=3_000_000, output_price=15_000_000, context_tokens=200_000, max_output=8_000, tools=True, structured=True)
HOME = ProviderCreate(provider="ollama", base_url="http://10.0.0.4:11434", local=True)
ASKED = Need(feature=Feature.ASSISTANT, input_tokens=1_000, max_output=500)


@pytest.fixture(autouse=True)
def box(database):
    made = TurnedBox()
    bind_box(lambda: made)
    yield made
    places.bind_places(lambda host, port: False)


@pytest.fixture
def on(run, olivia):
    """AI is switched on, and people may use keys of their own."""
    return run(olivia, ai.change_settings, SettingsUpdate(version=1, enabled=True, own_keys=True))


@pytest.fixture
def claude(run, olivia, on):
    """The team's provider, with one model."""
    made = run(olivia, ai.create_provider, CLAUDE)
    return run(olivia, ai.create_models, made.id, [MODEL])


def rows(database, statement: str):
    with database.owner.connect() as connection:
        return connection.execute(text(statement)).all()


def everything(database):
    return [rows(database, f"select t::text from {name} t order by 1") for name in ("ai_settings", "ai_feature", "ai_preference", "ai_provider", "ai_provider_key", "ai_model")]


def test_llm_09_everything_is_off_until_an_admin_switches_it_on(run, olivia, alice):
    assert run(alice, ai.get_settings).enabled is False
    made = run(olivia, ai.create_provider, CLAUDE)
    run(olivia, ai.create_models, made.id, [MODEL])
    with pytest.raises(Unavailable, match="switched off. The owner of this team or an admin can switch it on"):
        run(alice, ai.choose_models, ASKED)
    run(olivia, ai.change_settings, SettingsUpdate(version=1, enabled=True))
    (choice,) = run(alice, ai.choose_models, ASKED)
    assert (choice.label, choice.provider, choice.model, choice.input_price, choice.why) == ("Sonnet", "anthropic", "claude-sonnet-5", 3_000_000, "A balanced model is right for this.")


def test_only_those_who_manage_it_decide_for_the_team(run, database, claude, alice, vera):
    before = everything(database)
    acts = [
        (ai.change_settings, SettingsUpdate(version=1, enabled=False)), (ai.choose_feature, Feature.BRIEFING, FeatureUpdate(enabled=False)), (ai.create_provider, CLAUDE),
        (ai.update_provider, claude.id, ProviderUpdate(version=1, name="Mine")), (ai.delete_provider, claude.id), (ai.create_models, claude.id, [MODEL]),
        (ai.update_model, claude.models[0].id, ModelUpdate(version=1, input_price=0)), (ai.delete_model, claude.models[0].id),
    ]  # fmt: skip
    for nosy in (alice, vera):
        for act in acts:
            with pytest.raises(Forbidden):
                run(nosy, *act)
    with pytest.raises(Forbidden, match="can't use the assistant"):
        run(vera, ai.get_ai)
    assert everything(database) == before


def test_nobody_sees_anothers_own_provider_nor_asks_by_its_key(run, database, claude, alice, bob, olivia):
    mine = run(alice, ai.create_provider, CLAUDE.model_copy(update={"own": True, "name": "Mine"}))
    mine = run(alice, ai.create_models, mine.id, [MODEL.model_copy(update={"label": "My Sonnet"})])
    assert [choice.label for choice in run(alice, ai.choose_models, ASKED)] == ["My Sonnet", "Sonnet"]
    for other in (bob, olivia):
        assert [one.name for one in run(other, ai.list_providers)] == ["Anthropic"]
        assert [choice.label for choice in run(other, ai.choose_models, ASKED)] == ["Sonnet"]
        for act in (
            (ai.get_provider, mine.id), (keys.open_key, mine.id), (ai.update_provider, mine.id, ProviderUpdate(version=1, name="x")), (ai.delete_provider, mine.id),
            (ai.create_models, mine.id, []), (ai.update_model, mine.models[0].id, ModelUpdate(version=1, label="x")), (ai.delete_model, mine.models[0].id),
        ):  # fmt: skip
            with pytest.raises(NotFound):
                run(other, *act)
    with pytest.raises(NotFound):
        run(olivia, ai.choose_feature, Feature.SEARCH, FeatureUpdate(model_id=mine.models[0].id))
    run(olivia, ai.change_settings, SettingsUpdate(version=on_version(run, olivia), own_keys=False))
    assert [choice.label for choice in run(alice, ai.choose_models, ASKED)] == ["Sonnet"], "no longer wanted by the team"
    with pytest.raises(Forbidden, match="The team's keys are used here"):
        run(alice, ai.create_provider, CLAUDE.model_copy(update={"own": True}))
    run(alice, ai.delete_provider, mine.id)
    assert len(rows(database, "select 1 from ai_provider_key")) == 1


def on_version(run, actor) -> int:
    return run(actor, ai.get_settings).version


def test_an_admin_who_is_none_any_more_no_longer_changes_what_they_entered(run, claude, olivia):
    with pytest.raises(Forbidden):
        run(replace(olivia, role=Role.MEMBER), ai.delete_provider, claude.id)


def test_tok_04_a_key_is_sealed_and_never_given_out_again(run, database, claude, alice, olivia):
    assert claude.has_key and KEY not in repr(run(alice, ai.get_ai)) + str(everything(database)) and KEY.encode().hex() not in str(everything(database))
    assert run(alice, keys.open_key, claude.id).get_secret_value() == KEY
    view = run(olivia, ai.update_provider, claude.id, ProviderUpdate(version=claude.version, name="Claude", key=SecretStr("  sk-new ")))
    assert view.has_key and run(alice, keys.open_key, claude.id).get_secret_value() == "sk-new"
    run(olivia, ai.update_provider, claude.id, ProviderUpdate(version=view.version, name="Claude again", key=SecretStr("")))
    assert run(alice, keys.open_key, claude.id).get_secret_value() == "sk-new", "an empty one is the one that is there"


def test_a_key_that_no_longer_opens_says_so(run, database, claude, alice):
    with database.owner.begin() as connection:
        connection.execute(text("update ai_provider_key set sealed = 'x/y/z'"))
    with pytest.raises(Unavailable, match="key for Anthropic can no longer be opened"):
        run(alice, keys.open_key, claude.id)


@pytest.mark.parametrize(
    ("given", "field", "sentence"),
    [
        ({"key": SecretStr("")}, "key", "Anthropic needs a key"),
        ({"key": SecretStr("two words")}, "key", "one word"),
        ({"base_url": "http://proxy.example.org/v1"}, "base_url", "must begin with https://"),
        ({"base_url": "file:///etc/passwd"}, "base_url", "no address"),
        ({"base_url": "https://a b"}, "base_url", "no address"),
        ({"base_url": "https://[::1"}, "base_url", "no address"),
        ({"base_url": "https://me:secret@proxy.example.org"}, "base_url", "Leave keys"),
        ({"base_url": "https://proxy.example.org/v1?key=x"}, "base_url", "Leave keys"),
        ({"local": True}, "local", "not a machine of the practice"),
        ({"provider": "compatible"}, "base_url", "Enter the address"),
    ],
)
def test_what_cannot_be_a_provider_is_refused_in_a_sentence(run, database, olivia, given, field, sentence):
    with pytest.raises(Invalid) as refused:
        run(olivia, ai.create_provider, ProviderCreate(**{**CLAUDE.model_dump(), "base_url": "", **given}))
    assert sentence in refused.value.fields[field] and rows(database, "select 1 from ai_provider") == []


def test_only_a_place_that_the_host_has_opened_is_asked_in_the_clear(run, olivia):
    for address in ("https://127.0.0.1/v1", "https://169.254.169.254", "https://[::1]:8443/v1", "https://10.0.0.4", "https://localhost:11434", "http://10.0.0.4:11434"):
        with pytest.raises(Invalid) as refused:
            run(olivia, ai.create_provider, HOME.model_copy(update={"base_url": address}))
        assert "inside this network" in refused.value.fields["base_url"]
    places.bind_places(lambda host, port: (host, port) == ("10.0.0.4", 11434))
    made = run(olivia, ai.create_provider, HOME)
    assert (made.base_url, made.local, made.name) == ("http://10.0.0.4:11434", True, "Ollama")
    with unit_of_work(olivia, "test") as session:
        run(olivia, ai.create_models, made.id, [MODEL])
        assert [one.inner_allowed for one in queries.list_candidates(session, olivia, own_keys=False)] == [True]
    with pytest.raises(Invalid):
        run(olivia, ai.update_provider, made.id, ProviderUpdate(version=made.version, base_url="http://10.0.0.5:11434"))
    places.bind_places(lambda host, port: False)
    here = run(olivia, ai.create_provider, HOME.model_copy(update={"base_url": "http://127.0.0.1:8000/v1/"}), inner_allowed=True)
    assert here.base_url == "http://127.0.0.1:8000/v1"
    run(olivia, ai.delete_provider, made.id)
    moved = run(olivia, ai.update_provider, here.id, ProviderUpdate(version=here.version, base_url="https://models.example.org/v1"))
    run(olivia, ai.create_models, moved.id, [MODEL])
    run(olivia, ai.change_settings, SettingsUpdate(version=1, enabled=True))
    (choice,) = run(olivia, ai.choose_models, ASKED)
    assert (choice.base_url, choice.inner_allowed) == ("https://models.example.org/v1", False), "the host spoke of the other place"


def test_a_key_only_ever_goes_to_the_address_that_it_was_given_for(run, claude, olivia):
    elsewhere = ProviderUpdate(version=claude.version, base_url="https://evil.example.org/v1")
    with pytest.raises(Invalid) as refused:
        run(olivia, ai.update_provider, claude.id, elsewhere)
    assert "Enter the key again" in refused.value.fields["key"]
    moved = run(olivia, ai.update_provider, claude.id, elsewhere.model_copy(update={"key": SecretStr("sk-other")}))
    same = run(olivia, ai.update_provider, claude.id, ProviderUpdate(version=moved.version, base_url="https://evil.example.org/v2"))
    assert same.base_url.endswith("/v2"), "the same server, another path"


def test_models_are_added_all_or_none_and_changed_one_by_one(run, claude, alice, olivia):
    other = MODEL.model_copy(update={"name": "haiku", "label": "", "tier": ModelTier.FAST})
    with pytest.raises(Conflict, match="a model called claude-sonnet-5 already"):
        run(olivia, ai.create_models, claude.id, [other, MODEL])
    with pytest.raises(Invalid, match="another look"):
        run(olivia, ai.create_models, claude.id, [other.model_copy(update={"max_output": 0})])
    with pytest.raises(Invalid, match="at most 200"):
        run(olivia, ai.create_models, claude.id, [other.model_copy(update={"name": f"m{number}"}) for number in range(200)])
    assert len(run(alice, ai.list_models)) == 1
    view = run(olivia, ai.create_models, claude.id, [other.model_copy(update={"price_source": PriceSource.MAP})])
    haiku = next(one for one in view.models if one.name == "haiku")
    assert haiku.label == "haiku" and haiku.priced
    unknown = run(olivia, ai.update_model, haiku.id, ModelUpdate(version=haiku.version, input_price=None))
    assert not unknown.priced and unknown.price_source is PriceSource.ENTERED
    assert "haiku" not in [choice.label for choice in run(alice, ai.choose_models, ASKED)]
    with pytest.raises(Conflict):
        run(olivia, ai.update_model, haiku.id, ModelUpdate(version=haiku.version, label="Old"))
    run(olivia, ai.update_model, haiku.id, ModelUpdate(version=unknown.version, input_price=10, enabled=False))
    assert [choice.label for choice in run(alice, ai.choose_models, ASKED)] == ["Sonnet"]
    run(olivia, ai.delete_model, haiku.id)
    assert [one.label for one in run(alice, ai.list_models)] == ["Sonnet"]


def test_a_provider_that_goes_takes_its_key_and_its_models_along(run, database, claude, alice, olivia):
    run(olivia, ai.delete_provider, claude.id)
    assert everything(database)[3:] == [[], [], []]
    with pytest.raises(Unavailable, match="No model is set up yet"):
        run(alice, ai.choose_models, ASKED)
    assert [row.action for row in rows(database, "select action from audit_entry order by seq")] == ["ai.switched_on", "ai.settings_changed", "ai.provider_added", "ai.models_added", "ai.provider_removed"]


def test_at_most_twenty_providers(run, database, on, olivia):
    for number in range(20):
        run(olivia, ai.create_provider, CLAUDE.model_copy(update={"name": str(number)}))
    with pytest.raises(Invalid, match="At most 20"):
        run(olivia, ai.create_provider, CLAUDE)


def test_a_stale_decision_is_a_conflict_that_says_what_stands(run, olivia, on):
    for late in (SettingsUpdate(version=7, enabled=False), SettingsUpdate(version=0, enabled=False)):
        with pytest.raises(Conflict) as refused:
            run(olivia, ai.change_settings, late)
        assert refused.value.current["enabled"] is True


def test_a_stale_provider_is_a_conflict(run, olivia, claude):
    with pytest.raises(Conflict):
        run(olivia, ai.update_provider, claude.id, ProviderUpdate(version=99, name="x"))


def test_each_feature_is_on_with_a_tier_of_its_own_until_somebody_decides(run, claude, alice, olivia):
    assert {row.feature: (row.enabled, row.tier) for row in run(alice, ai.list_features)} == {feature: (True, TIERS[feature]) for feature in Feature}
    run(olivia, ai.choose_feature, Feature.ASSISTANT, FeatureUpdate(enabled=False))
    view = run(olivia, ai.choose_feature, Feature.ASSISTANT, FeatureUpdate(tier=Tier.BEST))
    assert (view.enabled, view.tier) == (False, Tier.BEST)
    with pytest.raises(Unavailable, match="switched off for this"):
        run(alice, ai.choose_models, ASKED)


def test_what_one_would_rather_have_goes_before_what_the_team_chose(run, claude, alice, bob, olivia):
    run(olivia, ai.create_models, claude.id, [MODEL.model_copy(update={"name": "opus", "label": "Opus", "tier": ModelTier.BEST})])
    view = run(alice, ai.set_preference, PreferenceUpdate(tiers={Feature.ASSISTANT: Tier.BEST}))
    assert view.tiers == {Feature.ASSISTANT: Tier.BEST} and run(bob, ai.get_preference).tiers == {}
    assert run(alice, ai.choose_models, ASKED)[0].label == "Opus" and run(bob, ai.choose_models, ASKED)[0].label == "Sonnet"
    run(alice, ai.set_preference, PreferenceUpdate(local_only=True))
    with pytest.raises(Unavailable, match="stays on machines of the practice"):
        run(alice, ai.choose_models, replace(ASKED, tier=Tier.BEST))
    assert run(alice, ai.get_preference).tiers == {Feature.ASSISTANT: Tier.BEST}, "the other wish stays"


def test_what_hangs_on_a_provider_cannot_be_hung_on_anothers(run, database, claude, alice, bob):
    """A foreign key looks past row security."""
    run(bob, ai.create_provider, CLAUDE.model_copy(update={"own": True}))
    for provider in (claude.id, rows(database, "select id from ai_provider where audience = 'private'")[0].id, uuid4()):
        with pytest.raises(IntegrityError, match="no such provider"), unit_of_work(alice, "test") as session:
            values = {"id": uuid4(), "owner": alice.user_id, "provider": provider}
            session.connection().execute(
                text("insert into ai_model (id, owner_id, audience, provider_id, name, label, tier, price_source, context_tokens, max_output, tools, structured, vision, embedding, enabled) "
                     "values (:id, :owner, 'private', :provider, 'x', 'x', 'fast', 'entered', 1, 1, false, false, false, false, true)"), values,
            )  # fmt: skip


@pytest.mark.parametrize(
    "attempt",
    ["update ai_settings set enabled = true", "update ai_provider set base_url = 'https://evil.example.org'", "update ai_model set input_price = 0", "delete from ai_provider",
     "update ai_provider_key set sealed = ''", "delete from ai_model", "update ai_feature set enabled = true", "update ai_preference set local_only = false"],
)  # fmt: skip
def test_the_database_asks_once_more(run, database, claude, alice, bob, vera, olivia, attempt):
    run(olivia, ai.choose_feature, Feature.BRIEFING, FeatureUpdate(enabled=False))
    run(bob, ai.set_preference, PreferenceUpdate(local_only=True))
    before = everything(database)
    for nosy in (alice, vera):
        with unit_of_work(nosy, "test") as session:
            assert session.connection().execute(text(attempt)).rowcount == 0
    assert everything(database) == before


def test_no_member_makes_a_provider_of_the_teams_behind_the_services(database, alice, on):
    with pytest.raises(ProgrammingError, match="row-level security"), unit_of_work(alice, "test") as session:
        statement = "insert into ai_provider (id, owner_id, audience, provider, name, base_url, inner_allowed, local, region, trains, enabled) values (:id, :owner, 'team', 'openai', 'x', '', true, false, '', false, true)"
        session.connection().execute(text(statement), {"id": uuid4(), "owner": alice.user_id})
