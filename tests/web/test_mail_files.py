"""UPL-02 for files of mails: saved and never shown, under a name that is only a name; few are fetched at a time, and no other answer waits for them."""

from __future__ import annotations

import asyncio
import re
import threading
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from crm_app.domain.errors import NotFound, Unavailable
from crm_app.domain.files.names import disposition
from crm_app.domain.mail.attachments import BYTES, OpenedFile, kind_of
from crm_app.web import errors, mail_files
from crm_app.web.sessions import current_actor

ID = uuid4()
HEADER = re.compile(r"attachment; filename=\"[A-Za-z0-9 ._()+@-]+\"; filename\*=UTF-8''[A-Za-z0-9._~%-]+")
BEGINNINGS = {
    "image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff\xe0", "image/gif": b"GIF89a", "image/webp": b"RIFF\x00\x00\x00\x00WEBP", "application/pdf": b"%PDF-1.4",
}  # fmt: skip
STRANGE = (b"<html>", b"<svg xmlns='http://www.w3.org/2000/svg'>", b"<?xml version='1.0'?>", b"PK\x03\x04", b"MZ", b"\x7fELF", b"#!/bin/sh", b"", b"\x00" * 20, b"RIFF....WAVE", b"alert(1)")


def client(actor, open_file) -> httpx.AsyncClient:
    app = FastAPI()
    app.include_router(mail_files.make_router(open_file))
    errors.install(app)
    app.dependency_overrides[current_actor] = lambda: actor
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost")


def test_what_a_file_is_follows_from_its_bytes_alone():
    assert {kind: kind_of(begin + b"rest") for kind, begin in BEGINNINGS.items()} == {kind: kind for kind in BEGINNINGS}
    assert {kind_of(content) for content in STRANGE} == {BYTES}


async def test_a_file_is_saved_and_can_do_nothing(alice):
    async with client(alice, lambda reader, email, part: OpenedFile(f"{reader.name} {part} ß.html", BYTES, b"<script>")) as browser:
        answer = await browser.get(f"/downloads/mail/{ID}/1.2")
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, b"<script>", BYTES)
    assert answer.headers["content-disposition"] == "attachment; filename=\"Alice 1.2 .html\"; filename*=UTF-8''Alice%201.2%20%C3%9F.html"
    assert (answer.headers["x-content-type-options"], answer.headers["cache-control"]) == ("nosniff", "no-store")
    assert "sandbox" in answer.headers["content-security-policy"]


@given(name=st.text(max_size=300) | st.sampled_from(["..\\..\\x.exe", "/etc/passwd", "a\u202egnp.exe", "CON", "nul.txt", "a\r\nx: y", 'a".pdf', "\u0000", ".", "..", "x" * 5_000]))
def test_no_name_is_more_than_a_name(name):
    said = disposition(name, "image/png")
    assert HEADER.fullmatch(said) and len(said) < 2_500
    assert not re.search(r"filename=\"(\.|con\"|nul\.)", said, re.I) and "%2F" not in said and "%5C" not in said and "%E2%80%AE" not in said and "%00" not in said


async def test_a_part_that_is_none_and_what_cannot_be_had(alice):
    asked: list[str] = []

    def none(reader, email, part):
        asked.append(part)
        raise (Unavailable("The server sleeps.") if part == "2" else NotFound("It is gone."))

    async with client(alice, none) as browser:
        answers = [await browser.get(f"/downloads/mail/{ID}/{part}") for part in ("x", "1.", "1" * 9, "%00", "2", "3")]
        nowhere = await browser.get("/downloads/mail/nonsense/2")
    assert [answer.status_code for answer in answers] == [404, 404, 404, 404, 503, 404] and asked == ["2", "3"] and nowhere.status_code == 400
    assert "The server sleeps." in answers[4].text and "It is gone." in answers[5].text


@pytest.mark.timeout(60)
async def test_few_are_fetched_at_a_time_and_the_rest_waits_or_hears_so(alice):
    go, full, running, most = threading.Event(), threading.Event(), [0], [0]

    def slow(reader, email, part):
        running[0] += 1
        most[0] = max(most[0], running[0])
        if running[0] == mail_files.AT_ONCE:
            full.set()
        go.wait(20)
        running[0] -= 1
        return OpenedFile("a", BYTES, b"x")

    async with client(alice, slow) as browser:
        waiting = [asyncio.create_task(browser.get(f"/downloads/mail/{ID}/2")) for _ in range(mail_files.AT_ONCE + mail_files.WAITING)]
        assert await asyncio.to_thread(full.wait, 20)
        for _ in range(50):
            await asyncio.sleep(0)
        assert (await browser.get(f"/downloads/mail/{ID}/2")).status_code == 429
        go.set()
        assert {answer.status_code for answer in await asyncio.gather(*waiting)} == {200} and most[0] == mail_files.AT_ONCE
