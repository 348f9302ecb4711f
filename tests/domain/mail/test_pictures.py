"""Pictures of a mail, on request: which are asked for, what is made of what comes, and that nothing else of the page changes (MAIL-04)."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from threading import Event, Thread

import pytest
from PIL import Image

from crm_app.domain.actor import Actor
from crm_app.domain.errors import NotFound, TooMany
from crm_app.domain.ids import new_id
from crm_app.domain.imports.sandbox import bind_sandbox
from crm_app.domain.mail import pictures
from crm_app.domain.mail.attachments import OpenedFile
from crm_app.domain.mail.cleaning import clean
from crm_app.domain.mail.reading_schemas import Attachment
from crm_app.domain.mail.schemas import MailView
from crm_app.domain.permissions import Role
from tests.jobs.fake_account import InlineSandbox

READER = Actor(user_id=new_id(), role=Role.MEMBER)
MAIL = MailView(
    id=new_id(), direction="in", from_name="", from_address="a@b.example", to=(), cc=(), sent_at=datetime.now(UTC), subject="", snippet="", text="", html="", remote=False,
    attachments=(), verified="", automatic="", interaction_id=None,
)  # fmt: skip


def picture(width: int = 40, height: int = 30, kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(out, kind)
    return out.getvalue()


@pytest.fixture
def there(monkeypatch):
    """What lies elsewhere; the addresses that were asked for are noted."""
    found: dict[str, bytes] = {}
    asked: list[str] = []

    def fetch(addresses):
        asked.extend(addresses)
        return [(one, found[one]) for one in addresses if one in found]

    monkeypatch.setattr(pictures._Binding, "fetch", staticmethod(fetch))
    bind_sandbox(InlineSandbox())
    return found, asked


def load(page: str, *attachments: Attachment) -> pictures.Pictured:
    return pictures.load(READER, MAIL.model_copy(update={"html": page, "attachments": attachments, "remote": "blocked:" in page}))


def test_pictures_stand_in_the_page_and_nothing_else_of_it_changes(there):
    found, asked = there
    page = clean('<p>Hi</p><img src="https://a.example/1.png?x=1&amp;y=2" alt="A > B"><img src="https://a.example/1.png?x=1&amp;y=2"><img src="http://b.example/gone.gif"><a href="https://a.example/1.png?x=1&amp;y=2">way</a>')
    found["https://a.example/1.png?x=1&y=2"] = picture()
    result = load(page)
    assert asked == ["https://a.example/1.png?x=1&y=2", "http://b.example/gone.gif"] and (result.shown, result.missing) == (1, 1)
    assert result.html.count('src="data:image/webp;base64,') == 2 and 'src="blocked:http://b.example/gone.gif"' in result.html and 'alt="A' in result.html
    assert '<a href="https://a.example/1.png?x=1&amp;y=2"' in result.html and clean(result.html) == result.html, "it is as harmless as before"


@pytest.mark.parametrize("image", [
    '<img src="https://t.example/x" width="1" height="1">', '<img src="https://t.example/x" width="0">', '<img src="https://t.example/x" height="1px">', '<img style="width:1px;height:1px" src="https://t.example/x">',
    '<img style="color:red; max-width: 2px" src="https://t.example/x">', '<img src="https://t.example/x" width=" 01 ">', '<img src="cid:own">', '<img src="data:image/png;base64,AAAA">',
])  # fmt: skip
def test_what_is_there_to_tell_is_not_fetched(there, image):
    _found, asked = there
    page = clean(f"<p>Hi</p>{image}")
    assert load(page) == pictures.Pictured(page, 0, 0) and asked == []


@pytest.mark.parametrize("image", ['<img src="https://t.example/x" width="100%" height="10">', '<img style="width:100%;line-height:1" src="https://t.example/x">', '<img style="width:1.5em" src="https://t.example/x">'])
def test_a_real_picture_is(there, image):
    _found, asked = there
    load(clean(image))
    assert asked == ["https://t.example/x"]


def test_what_comes_and_is_no_picture_is_left_out(there, monkeypatch):
    found, asked = there
    contents = {"svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>", "html": b"<html>", "point": picture(1, 1), "line": picture(300, 2), "cut": picture()[:50], "none": b"", "gif": picture(9, 9, "GIF"), "jpeg": picture(3_000, 2_000, "JPEG")}
    page = clean("".join(f'<img src="https://t.example/{name}">' for name in contents))
    found |= {f"https://t.example/{name}": content for name, content in contents.items()}
    result = load(page)
    assert (result.shown, result.missing) == (2, 6)
    monkeypatch.setattr(pictures, "MOST_SHOWN", 200)
    assert load(page).shown == 1, "and no page grows without end"
    many = clean("".join(f'<img src="https://t.example/{number}">' for number in range(100)))
    asked.clear()
    load(many)
    assert len(asked) == pictures.MOST


def test_pictures_that_came_along_are_taken_from_the_mailbox(there, monkeypatch):
    _found, asked = there
    opened: list[object] = []

    def open_own(reader, email_id, parts):
        opened.append((reader, email_id, parts))
        return [OpenedFile("a.png", "image/png", picture()) if part != "5" else None for part in parts]

    monkeypatch.setattr(pictures._Binding, "open_own", staticmethod(open_own))
    page = clean('<img src="cid:one@x"><img src="cid:gone@x"><img src="cid:two@x"><img src="cid:not mine">')
    own = [Attachment(part=str(number), name="a.png", kind="image/png", size=9, content_id=f"{name}@x", inline=True) for number, name in ((2, "one"), (3, "two"), (4, "three"), (5, "gone"))]
    result = load(page, *own)
    assert (result.shown, result.missing) == (2, 1) and opened == [(READER, MAIL.id, ["2", "5", "3"])] and asked == []

    def gone(*_):
        raise NotFound

    monkeypatch.setattr(pictures._Binding, "open_own", staticmethod(gone))
    assert (load(page, *own).shown, load(page, *own).html) == (0, page)


def test_no_more_than_a_few_mails_at_a_time(there, monkeypatch):
    go, started = Event(), [Event() for _ in range(pictures.AT_ONCE)]

    def slow(addresses):
        next((one for one in started if not one.is_set()), go).set()
        go.wait(20)
        return []

    monkeypatch.setattr(pictures._Binding, "fetch", staticmethod(slow))
    page = clean('<img src="https://t.example/x">')
    threads = [Thread(target=load, args=(page,)) for _ in started]
    for thread in threads:
        thread.start()
    assert all(one.wait(20) for one in started)
    with pytest.raises(TooMany):
        load(page)
    go.set()
    for thread in threads:
        thread.join(20)
    assert load(page).missing == 1, "and then again"
