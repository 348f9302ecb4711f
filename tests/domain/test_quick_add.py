"""What a typed line means, case by case. It is noon on Wednesday, 25 November 2026."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_app.domain.tasks.quick_add import understand
from crm_app.domain.tasks.quick_days import Calendar

NOW = datetime(2026, 11, 25, 12, 0)
PROJECTS = ("Client care", "Client", "May circle", "Practice admin", "Retreat '26")
TUE, THU, FRI, SAT, SUN, MON = (date(2026, 12, 1), date(2026, 11, 26), date(2026, 11, 27), date(2026, 11, 28), date(2026, 11, 29), date(2026, 11, 30))
TODAY = NOW.date()


def day(month: int, number: int, year: int = 2026) -> date:
    return date(year, month, number)


DAYS = [
    ("call Ana today", "call Ana", TODAY), ("call Ana tod", "call Ana", TODAY), ("call Ana tonight", "call Ana", TODAY), ("call Ana tomorrow", "call Ana", THU),
    ("tomorrow call Ana", "call Ana", THU), ("call Ana tmr", "call Ana", THU), ("call Ana Tomorrow", "call Ana", THU), ("call Ana tue", "call Ana", TUE),
    ("call Ana Tuesday", "call Ana", TUE), ("call Ana on Tue", "call Ana", TUE), ("tue call Ana", "call Ana", TUE), ("call Ana thu", "call Ana", THU),
    ("call Ana thurs", "call Ana", THU), ("call Ana fri", "call Ana", FRI), ("call Ana by friday", "call Ana", FRI), ("due friday: report", ": report", FRI),
    ("call Ana wednesday", "call Ana", day(12, 2)), ("water plants sat", "water plants", SAT), ("water plants on sun", "water plants", SUN), ("yoga on Sat", "yoga", SAT),
    ("yoga on mon", "yoga", MON), ("call next mon", "call", MON), ("call next tue", "call", TUE), ("call next friday", "call", day(12, 4)), ("call this fri", "call", FRI),
    ("report next week", "report", MON), ("report next month", "report", day(12, 1)), ("report next year", "report", day(1, 1, 2027)), ("rest this weekend", "rest", SAT),
    ("call in 3 days", "call", SAT), ("call in a day", "call", THU), ("call in 2 weeks", "call", day(12, 9)), ("call in a week", "call", day(12, 2)),
    ("call in 1 month", "call", day(12, 25)), ("call in 3 months", "call", day(2, 25, 2027)), ("call in a year", "call", day(11, 25, 2027)),
    ("pay 25.12.", "pay", day(12, 25)), ("pay 25.12.2027", "pay", day(12, 25, 2027)), ("pay on 1.3.", "pay", day(3, 1, 2027)), ("pay 2026-12-25", "pay", day(12, 25)),
    ("pay by 2027-01-02", "pay", day(1, 2, 2027)), ("pay 25 dec", "pay", day(12, 25)), ("pay 25 December", "pay", day(12, 25)), ("pay dec 25", "pay", day(12, 25)),
    ("pay December 25th", "pay", day(12, 25)), ("pay the 25th of December", "pay", day(12, 25)), ("pay 3 March", "pay", day(3, 3, 2027)), ("pay March 3", "pay", day(3, 3, 2027)),
    ("pay May 3", "pay", day(5, 3, 2027)), ("pay 3 may 2028", "pay", day(5, 3, 2028)), ("pay 29 feb", "pay", day(2, 29, 2028)), ("pay sept 9", "pay", day(9, 9, 2027)),
    ("pay Jan 1, 2027", "pay", day(1, 1, 2027)), ("pay on 12/25", "pay", day(12, 25)), ("pay 12/25/2027", "pay", day(12, 25, 2027)), ("call Ana sat 10:00", "call Ana", SAT),
]  # fmt: skip
NO_DAYS = [
    "Call May", "Call May about the circle", "March with Grace", "Write to March Simpson", "Sun salutation for Ana", "Call Sun", "Ask Sun about rice", "sat with the numbers",
    "Meet Wed Anderson", "mon ami", "Order 2.5 kg of rice", "Cut it 1/2", "Won 3/4 so far in the cup", "Read chapter 25", "May circle list", "Send 25 flyers", "Call April",
    "June's birthday card", "August Wilson play", "Run march 10 km", "Book may 3 people", "Fri-day of the island", "Tuesday's notes", "Buy sunscreen", "Version 1.2.3 notes",
    "Ring Dec", "Ask Jan", "Call @Sun", "#mon list", "weekend bag", "todays notes", "monday-list", "Say in time", "Look in 3D", "Pay 31.2.", "call on 32 dec", "Ph. 10.11.12.13",
    '"tomorrow never dies" tickets', "see you “next week” sketch", "everyone", "every", "every now and then", "every soul",
]  # fmt: skip
TIMES = [
    ("call Ana tue 10:00", "call Ana", TUE, time(10)), ("call Ana tomorrow 9am", "call Ana", THU, time(9)), ("call Ana tomorrow at 9", "call Ana", THU, time(9)),
    ("call Ana fri 9:30pm", "call Ana", FRI, time(21, 30)), ("call at 14:15", "call", TODAY, time(14, 15)), ("call at 9:00", "call", THU, time(9)), ("call 12am tue", "call", TUE, time(0)),
    ("call 12pm tue", "call", TUE, time(12)), ("lunch noon fri", "lunch", FRI, time(12)), ("lunch at noon fri", "lunch", FRI, time(12)), ("call 7 pm", "call", TODAY, time(19)),
    ("call sun 10:00", "call", SUN, time(10)), ("call Sun 10:00", "call", SUN, time(10)), ("call at 25", "call at 25", None, None), ("ratio 3:1", "ratio 3:1", None, None),
    ("call 13pm", "call 13pm", None, None), ("ring at home", "ring at home", None, None), ("read at 3 places", "read places", THU, time(3)),
]  # fmt: skip
REPEATS = [
    ("water every day", "water", "FREQ=DAILY", TODAY), ("water every 3 days", "water", "FREQ=DAILY;INTERVAL=3", TODAY), ("water every other day", "water", "FREQ=DAILY;INTERVAL=2", TODAY),
    ("call every week", "call", "FREQ=WEEKLY;BYDAY=WE", TODAY), ("call every second tuesday", "call", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", TUE),
    ("call every tue", "call", "FREQ=WEEKLY;BYDAY=TU", TUE), ("call every mon and fri", "call", "FREQ=WEEKLY;BYDAY=MO,FR", FRI), ("call every mon, wed, fri", "call", "FREQ=WEEKLY;BYDAY=MO,WE,FR", TODAY),
    ("stand-up every weekday", "stand-up", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", TODAY), ("rent every month", "rent", "FREQ=MONTHLY;BYMONTHDAY=25", TODAY),
    ("rent every month on the 1st", "rent", "FREQ=MONTHLY;BYMONTHDAY=1", TUE), ("rent every 1st", "rent", "FREQ=MONTHLY;BYMONTHDAY=1", TUE), ("tax every year", "tax", "FREQ=YEARLY;BYMONTH=11;BYMONTHDAY=25", TODAY),
    ("rent every 31st", "rent", "FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1", day(12, 31)), ("call every tuesday Ana", "call Ana", "FREQ=WEEKLY;BYDAY=TU", TUE),
    ("water every day 9:00", "water", "FREQ=DAILY", THU), ("water every day 15:00", "water", "FREQ=DAILY", TODAY), ("call every wed at 9:00", "call", "FREQ=WEEKLY;BYDAY=WE", day(12, 2)),
    ("call every week 9:00", "call", "FREQ=WEEKLY;BYDAY=TH", THU), ("rent every 25th 9:00", "rent", "FREQ=MONTHLY;BYMONTHDAY=25", day(12, 25)),
    ("rent every month 15 dec", "rent", "FREQ=MONTHLY;BYMONTHDAY=15", day(12, 15)), ("check every 400 days", "check every 400 days", "", None), ("greet every person", "greet every person", "", None),
]  # fmt: skip


@pytest.mark.parametrize(("line", "title", "due"), DAYS)
def test_days(line, title, due):
    found = understand(line, Calendar(NOW, locale="en_US"), PROJECTS)
    assert (found.title, found.due_date) == (title, due)


@pytest.mark.parametrize("line", NO_DAYS)
def test_words_that_are_no_days_stay(line):
    found = understand(line, Calendar(NOW), PROJECTS)
    assert (found.due_date, found.recurrence) == (None, "")
    assert found.title == line or "#" in line or "@" in line


@pytest.mark.parametrize(("line", "title", "due", "at"), TIMES)
def test_times(line, title, due, at):
    found = understand(line, Calendar(NOW), PROJECTS)
    assert (found.title, found.due_date, found.due_time) == (title, due, at)


@pytest.mark.parametrize(("line", "title", "rule", "due"), REPEATS)
def test_what_comes_again(line, title, rule, due):
    found = understand(line, Calendar(NOW), PROJECTS)
    assert (found.title, found.recurrence, found.due_date) == (title, rule, due)


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("call !high", {"priority": "high"}), ("call !!", {"priority": "high"}), ("call !!!", {"priority": "urgent"}), ("call !LOW", {"priority": "low"}), ("wow!", {"priority": None}),
        ("wow !highest", {"priority": None}), ("call #retreat #2026-plan", {"tags": ("retreat", "2026-plan")}), ("pay invoice #12", {"tags": ()}), ("a#b", {"tags": ()}),
        ("call #São", {"tags": ("São",)}), ("call @Ana", {"people": ("Ana",)}), ("call @Ana @Ben", {"people": ("Ana", "Ben")}), ('call @"Ana Silva"', {"people": ("Ana Silva",)}),
        ("write ana@mail.example", {"people": ()}), ("call @O'Brien", {"people": ("O'Brien",)}), ("call +Client care", {"project": "Client care"}), ("call +client CARE now", {"project": "Client care"}),
        ("call +Client", {"project": "Client"}), ("call +prac", {"project": "Practice admin"}), ("call +c", {"project": ""}), ("call +351 900", {"project": ""}), ("1+1", {"project": ""}),
        ("call ~30m", {"estimate_minutes": 30}), ("call ~1h", {"estimate_minutes": 60}), ("call ~1h30", {"estimate_minutes": 90}), ("call ~1.5h", {"estimate_minutes": 90}),
        ("call ~90min", {"estimate_minutes": 90}), ("call ~ana", {"estimate_minutes": None}), ("water every! 3 days", {"from_done": True}), ("water every 3 days", {"from_done": False}),
    ],
)  # fmt: skip
def test_signs(line, wanted):
    found = understand(line, Calendar(NOW), PROJECTS)
    assert {name: getattr(found, name) for name in wanted} == wanted


def test_all_of_it_at_once_and_where_each_part_stands():
    line = "call Ana tue 10:00 !high #retreat @Ana +Client care every second tuesday ~30m"
    found = understand(line, Calendar(NOW), PROJECTS)
    assert (found.title, found.due_date, found.due_time, found.priority, found.tags, found.people) == ("call Ana", TUE, time(10), "high", ("retreat",), ("Ana",))
    assert (found.project, found.recurrence, found.estimate_minutes) == ("Client care", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", 30)
    assert [(piece.kind, line[piece.begin : piece.end].strip()) for piece in found.pieces] == [
        ("day", "tue"), ("time", "10:00"), ("priority", "!high"), ("tag", "#retreat"), ("person", "@Ana"), ("project", "+Client care"), ("repeat", "every second tuesday"),
        ("estimate", "~30m"),
    ]  # fmt: skip


def test_a_wrong_guess_is_left_in_the_title():
    found = understand("Friday dinner friday", Calendar(NOW), leave=["Friday"])
    assert (found.title, found.due_date) == ("Friday dinner friday", None)
    assert understand("call tue 10:00", Calendar(NOW), leave=["10:00"]).title == "call 10:00"


def test_what_a_task_has_once_is_understood_once_and_the_rest_stays_in_the_title():
    found = understand("call !high !low ~5m ~10m", Calendar(NOW))
    assert (found.title, found.priority, found.estimate_minutes) == ("call !low ~10m", "high", 5)
    found = understand("call !high !low ~5m ~10m", Calendar(NOW), leave=["!high", "~5m"])
    assert (found.title, found.priority, found.estimate_minutes) == ("call !high ~5m", "low", 10)


def test_the_readers_language_week_and_order_count():
    german = Calendar(NOW, locale="de")
    assert understand("Ana anrufen am Dienstag", german).due_date is None or understand("Ana anrufen Dienstag", german).due_date == TUE
    assert understand("zahlen 25. Dezember", german).due_date == day(12, 25)
    assert understand("pay 3/12/2026", Calendar(NOW, locale="en_GB")).due_date == day(12, 3) and understand("pay 3/12/2026", Calendar(NOW, locale="en_US")).due_date == day(3, 12)
    assert understand("report next week", Calendar(NOW, week_start=6)).due_date == SUN


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=80))
def test_no_line_breaks_it_and_nothing_is_lost(line):
    found = understand(line, Calendar(NOW), PROJECTS)
    kept = "".join(found.title.split()) + "".join("".join(line[piece.begin : piece.end].split()) for piece in found.pieces)
    assert sorted(char for char in kept if char not in " ,;") == sorted(char for char in "".join(line.split()) if char not in " ,;")
    assert all(0 <= piece.begin < piece.end <= len(line) for piece in found.pieces)


def test_there_are_enough_cases():
    assert len(DAYS) + len(NO_DAYS) + len(TIMES) + len(REPEATS) >= 120
