"""Settings, AI & budgets, All spending: by day, person, feature and model, as a file, and one's own calls with what was sent."""

from __future__ import annotations

from datetime import date

from crm_app.domain.actor import Actor
from crm_app.domain.ai import service as ai
from crm_app.domain.ai.features import Feature
from crm_app.domain.ai.schemas import SettingsUpdate
from crm_app.domain.spending import service as spending
from crm_app.domain.spending.schemas import CallDone, CallPlan, Turn
from crm_app.domain.spending.views import DayFigures, Figures, ReportView
from crm_app.domain.unit_of_work import run_service
from crm_app.pages.settings.ai.month import projected
from crm_app.pages.settings.ai.spend import columns_of, days_of
from tests.pages.conftest import Visit

PLACE = "/settings/ai?view=spend"


def called(actor: Actor, words: str, feature: Feature = Feature.ASSISTANT, **values: object) -> None:
    """A call of theirs, of 1,000 tokens in and 100 out, at 3 and 15 dollars for a million."""
    plan = {"input_price": 3_000_000, "output_price": 15_000_000, "model_label": "Sonnet"} | values
    made = run_service(actor, spending.reserve_call, CallPlan(feature=feature, input_tokens=1_000, max_output=200, sent=(Turn("user", words),), **plan))
    run_service(actor, spending.settle_call, made.call_id, CallDone(input_tokens=1_000, output_tokens=100, came=f"Of {words}"))


def test_what_was_spent_is_told_by_feature_person_and_model(visit: Visit, olivia: Actor, alice: Actor) -> None:
    run_service(olivia, ai.change_settings, SettingsUpdate(version=1, enabled=True))
    assert visit(alice, PLACE).sees("Nothing was asked in these days.", "You have asked nothing yet.")
    called(alice, "her question")
    called(olivia, "her own", Feature.DRAFTS, local=True, model_label="Qwen")
    page = visit(olivia, PLACE).sees("$0.0045", "By feature", "Assistant", "Email drafts", "By person", "Alice", "By model", "Qwen", "Most: $0.0045 (Today)")
    assert "everybody=true" in page.html and "her question" not in page.text
    mine = page.press("Mine").sees_not("By person")
    assert "everybody=true" not in mine.reload().html and "mine=1" in mine.path and "Assistant" not in mine.text.partition("Your calls")[0].partition("By feature")[2]
    mine.press("This year").sees("By month")
    assert visit(alice, "/settings/ai").press("All spending").sees("By feature").path.endswith("view=spend")


def test_what_was_sent_is_read_by_whoever_asked_alone(visit: Visit, olivia: Actor, alice: Actor) -> None:
    called(alice, "about <b>Ana</b>")
    page = visit(alice, PLACE).sees("Assistant · Sonnet").press("What was sent").sees("about <b>Ana</b>", "Answered", "1,000 tokens in, 100 out")
    assert "<b>Ana</b>" not in page.html
    assert not visit(olivia, PLACE).sees("Your calls").has("What was sent")


def test_a_long_list_of_calls_comes_in_pages(visit: Visit, alice: Actor) -> None:
    for number in range(23):
        called(alice, str(number))
    page = visit(alice, PLACE)
    assert page.text.count("Assistant · Sonnet") == 20
    page.press("Show more").sees_not("Show more")
    assert page.text.count("Assistant · Sonnet") == 23


def test_days_without_a_call_stand_there_too_and_a_year_is_told_by_month() -> None:
    assert days_of("month", date(2026, 11, 27)) == (date(2026, 11, 1), date(2026, 11, 27))
    assert days_of("30", date(2026, 11, 27))[0] == date(2026, 10, 29) and days_of("year", date(2026, 11, 27))[0] == date(2026, 1, 1)
    rows = (DayFigures(day=date(2026, 2, 3), calls=1, spent_micros=5), DayFigures(day=date(2026, 2, 28), calls=1, spent_micros=2))
    nothing = {"everybody": False, "total": Figures(), "people": (), "features": (), "models": (), "days": rows}
    short = columns_of(ReportView(first=date(2026, 2, 1), last=date(2026, 2, 4), **nothing))
    assert short == [(date(2026, 2, 1), 0), (date(2026, 2, 2), 0), (date(2026, 2, 3), 5), (date(2026, 2, 4), 0)]
    assert columns_of(ReportView(first=date(2026, 1, 1), last=date(2026, 3, 1), **nothing)) == [(date(2026, 1, 1), 0), (date(2026, 2, 1), 7), (date(2026, 3, 1), 0)]


def test_where_the_month_is_going() -> None:
    assert projected(9_000_000, date(2026, 11, 9)) == 30_000_000 and projected(0, date(2026, 11, 1)) == 0
