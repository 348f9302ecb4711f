"""The rules of alarm: what they name is there, each goes off when it should, and stays silent when it should."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY, generate_latest
from prometheus_client.parser import text_string_to_metric_families

import crm_app.main  # noqa: F401  everything that measures
from tests.monitoring.promql import BEGIN, Expression, Series, fires

RULES: dict[str, dict[str, Any]] = {
    rule["alert"]: rule
    for group in yaml.safe_load((Path(__file__).parents[2] / "monitoring" / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
}
OF_PROMETHEUS = {"up": {"job"}}
"""What whoever asks for the figures adds to them: every series has the labels job and instance."""

Given = Mapping[str, list[float | None]]
HOUR = 60


def rising(each: float, minutes: int = 30, first: float = 0) -> list[float | None]:
    """A counter that gains as much each minute."""
    return [first + each * minute for minute in range(minutes)]


def standing(value: float, minutes: int = 30) -> list[float | None]:
    return [value] * minutes


def ago(seconds: float, minutes: int = 30) -> list[float | None]:
    """A moment that was so long ago when the series begins, and does not move."""
    return standing(BEGIN - seconds, minutes)


EVENTS, QUICK = "crm_page_event_seconds_count", 'crm_page_event_seconds_bucket{le="1.0"}'
OPEN, LIMIT = 'process_open_fds{job="mindfulcrm"}', 'process_max_fds{job="mindfulcrm"}'
CASES: dict[str, tuple[list[Given], list[Given]]] = {
    "MindfulCrmDown": ([{'up{job="mindfulcrm"}': [1, *standing(0, 5)]}], [{'up{job="mindfulcrm"}': [1, 0, 0, 1, 1]}, {'up{job="other"}': standing(0)}]),
    "MindfulCrmDatabaseAway": ([{'crm_database_up{instance="a"}': standing(1), 'crm_database_up{instance="b"}': standing(0)}], [{"crm_database_up": [1, 0, 1, 1]}]),
    "MindfulCrmErrors": (
        [{'crm_http_requests_total{area="page",status="5xx"}': rising(0.4), 'crm_http_requests_total{area="api",status="5xx"}': rising(0.4)}],
        [{'crm_http_requests_total{area="page",status="2xx"}': rising(900), 'crm_http_requests_total{area="page",status="5xx"}': rising(0.1)}],
    ),
    "MindfulCrmDefects": ([{"crm_defects_total": [0, 0, 1, 1]}], [{"crm_defects_total": standing(4)}, {"crm_defects_total": [4, 4, 0, 0]}]),
    "MindfulCrmLoopHeld": (
        [{'crm_event_loop_held_total{by="work"}': rising(8)}, {'crm_event_loop_held_total{by="others"}': rising(8)}],
        [{'crm_event_loop_held_total{by="work"}': rising(5), 'crm_event_loop_held_total{by="others"}': rising(5)}, {'crm_event_loop_held_total{by="work"}': [0, 80, *standing(80)]}],
    ),
    "MindfulCrmSlow": (
        [{EVENTS: rising(100), QUICK: rising(90)}],
        [{EVENTS: rising(100), QUICK: rising(97)}, {EVENTS: rising(0.2), QUICK: standing(0)}, {EVENTS: rising(0), QUICK: rising(0)}],
    ),
    "MindfulCrmManyPages": (
        [{'crm_sockets_open{instance="a"}': standing(501), 'crm_sockets_open{instance="b"}': standing(3)}],
        [{'crm_sockets_open{instance="a"}': standing(400), 'crm_sockets_open{instance="b"}': standing(400)}],
    ),
    "MindfulCrmPagesRefused": ([{'crm_sockets_refused_total{reason="origin"}': rising(30)}], [{'crm_sockets_refused_total{reason="origin"}': rising(10)}]),
    "MindfulCrmSignInsFail": (
        [{'crm_sign_ins_total{result="wrong"}': rising(3), 'crm_sign_ins_total{result="limited"}': rising(3)}],
        [{'crm_sign_ins_total{result="ok"}': rising(60), 'crm_sign_ins_total{result="wrong"}': rising(2)}],
    ),
    "MindfulCrmJobsWait": ([{"crm_jobs_oldest_seconds": rising(60, 40)}], [{"crm_jobs_oldest_seconds": [*rising(60, 18), *standing(0)]}, {"crm_jobs_oldest_seconds": standing(600)}]),
    "MindfulCrmJobsFail": (
        [{'crm_jobs_failed_total{why="interrupted"}': [0, 0, 1]}, {'crm_jobs_failed_total{why="defect"}': [7, 7, 8]}],
        [{'crm_jobs_failed_total{why="refused"}': rising(1)}, {'crm_jobs_failed_total{why="defect"}': standing(7)}],
    ),
    "MindfulCrmDutiesStopped": (
        [{"crm_duties_turned_timestamp_seconds": ago(0)}, {"crm_duties_turned_timestamp_seconds": standing(0)}],
        [{'crm_duties_turned_timestamp_seconds{instance="a"}': standing(0), 'crm_duties_turned_timestamp_seconds{instance="b"}': rising(60, first=BEGIN - 20)}],
    ),
    "MindfulCrmMailWaits": ([{"crm_outbox_oldest_seconds": rising(60, 40)}], [{"crm_outbox_oldest_seconds": standing(1_500)}, {"crm_outbox_oldest_seconds": rising(60)}]),
    "MindfulCrmMailLost": ([{"crm_outbox_lost": [0, 0, 1, 1]}], [{"crm_outbox_lost": standing(3)}, {"crm_outbox_lost": [3, 3, 2, 2]}]),
    "MindfulCrmSyncFails": (
        [{"crm_connections_failing": standing(6, 130), "crm_connections_active": standing(10, 130)}],
        [{"crm_connections_failing": standing(5, 130), "crm_connections_active": standing(10, 130)}, {"crm_connections_failing": [*standing(6, 110), *standing(0, 20)], "crm_connections_active": standing(10, 130)}],
    ),
    "MindfulCrmSyncBehind": ([{"crm_connections_oldest_seconds": rising(60, 65, 172_900)}], [{"crm_connections_oldest_seconds": standing(90_000, 70)}]),
    "MindfulCrmBackupOld": ([{"crm_backup_made_timestamp_seconds": ago(130_000)}], [{"crm_backup_made_timestamp_seconds": ago(90_000)}, {"crm_backup_made_timestamp_seconds": standing(0)}]),
    "MindfulCrmBackupFails": ([{"crm_backup_failing": standing(1, 40)}], [{"crm_backup_failing": [*standing(1, 20), *standing(0)]}]),
    "MindfulCrmArchiveFails": ([{'crm_archive_failing{part="log"}': standing(1), 'crm_archive_failing{part="copy"}': standing(0)}], [{'crm_archive_failing{part="log"}': [0, 1, 1, 0]}]),
    "MindfulCrmDiskNearlyFull": (
        [{f'crm_disk_{what}_bytes{{place="{place}"}}': standing(value) for place, free in (("data", 5e9), ("backups", 1e9)) for what, value in (("free", free), ("size", 2e10))}],
        [{'crm_disk_free_bytes{place="data"}': standing(5e9), 'crm_disk_size_bytes{place="data"}': standing(2e10)}],
    ),
    "MindfulCrmFilesNearlyGone": ([{OPEN: standing(900), LIMIT: standing(1_024)}], [{OPEN: standing(700), LIMIT: standing(1_024)}, {'process_open_fds{job="other"}': standing(9), 'process_max_fds{job="other"}': standing(10)}]),
}  # fmt: skip


def waiting(rule: Mapping[str, Any]) -> float:
    found = re.fullmatch(r"(\d+)([smh])", rule.get("for", "0s"))
    assert found, rule
    return int(found[1]) * {"s": 1, "m": 60, "h": 3_600}[found[2]]


@pytest.mark.parametrize("alert", RULES)
def test_obs_03_each_alarm_is_given_when_it_should_and_not_otherwise(alert: str) -> None:
    rule, (loud, silent) = RULES[alert], CASES[alert]
    assert loud and silent
    for given, expected in (*((each, True) for each in loud), *((each, False) for each in silent)):
        assert fires(Expression(rule["expr"]), waiting(rule), given) is expected, given


@pytest.mark.parametrize("alert", RULES)
def test_obs_03_each_alarm_names_what_is_measured_and_says_what_to_do(alert: str) -> None:
    rule, expression = RULES[alert], Expression(RULES[alert]["expr"])
    samples = _samples()
    for selector in expression.selectors:
        labels = dict(selector.labels)
        for known in (OF_PROMETHEUS, _labels()):
            if selector.name in known:
                assert labels.keys() <= known[selector.name] | {"job"}, selector
                break
        else:
            pytest.fail(f"nothing measures {selector.name}")
        for label, wanted in labels.items():
            shown = {each[label] for each in samples.get(selector.name, ()) if label in each}
            assert not shown or any(re.fullmatch(wanted, value) for value in shown), f"no {selector.name} has {label}={wanted}"
    by = {label for group in expression.grouped for label in group}
    assert by <= set().union(*(_labels().get(selector.name, set()) for selector in expression.selectors))
    assert rule["labels"]["severity"] in ("critical", "warning")
    summary, description = rule["annotations"]["summary"], rule["annotations"]["description"]
    assert summary.endswith(".") and description.endswith(".") and len(description) > 40
    assert "!" not in summary + description


def test_obs_03_no_alarm_is_tried_that_is_not_there() -> None:
    assert list(CASES) == list(RULES)


def _labels() -> dict[str, set[str]]:
    """Every name of a series that the product can show, with its labels, also of those that nothing was counted of yet."""
    found: dict[str, set[str]] = {}
    for collector in set(REGISTRY._collector_to_names):
        names = getattr(collector, "_labelnames", ())
        for name in REGISTRY._collector_to_names[collector]:
            found[name] = {*names, *({"le"} if name.endswith("_bucket") else ())}
    return found


def _samples() -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    for family in text_string_to_metric_families(generate_latest().decode()):
        for sample in family.samples:
            found.setdefault(sample.name, []).append(sample.labels)
    return found


@pytest.mark.parametrize("expression", ["rate(a[5m]) > 1", "a >", "a{b!=\"c\"} > 1", "sum(a", "increase(a) > 1", "a > 1 or b > 1", "(a > 1) b"])
def test_what_is_not_understood_is_refused_and_not_taken_for_silence(expression: str) -> None:
    with pytest.raises(SyntaxError):
        Expression(expression)


def test_the_reckoning_itself() -> None:
    """Known answers: a restart of a counter, sums by a label, pairs of the same labels, a series that has ended."""
    given = Series({'c{a="1",b="x"}': [0, 5, 2, 4], 'c{a="1",b="y"}': [1, 1, 1, 2], 'g{a="1"}': [3, None, None, None], 'h{a="1"}': [2] * 9, 'h{a="2"}': [5] * 9})
    last, one, two = BEGIN + 180, frozenset({("a", "1")}), frozenset({("a", "2")})
    assert Expression("sum by (a) (increase(c[10m]))").at(given, last) == {one: 10.0}
    assert Expression("max(c)").at(given, last) == {frozenset(): 4}
    assert Expression("g + h * 2 - 1").at(given, last) == {one: 6}
    assert Expression("g > 1").at(given, BEGIN + 299) == {one: 3} and Expression("g > 1").at(given, BEGIN + 301) == {}
    assert Expression('h{a=~"1|2"} > 2 and h == 5').at(given, last) == {two: 5}
    assert Expression("time() - (1 + 2) * 3").at(given, last) == last - 9
