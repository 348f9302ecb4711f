"""Files over REST: added, listed, read, saved, renamed, deleted and brought back, by whom they are for."""

from __future__ import annotations

from base64 import b64encode

import pytest

from crm_app.domain.imports.sandbox import bind_sandbox
from crm_app.infrastructure.sandbox import ProcessSandbox
from tests.domain.people import contact


@pytest.fixture(scope="module", autouse=True)
def _sandbox():
    with ProcessSandbox(1) as sandbox:
        bind_sandbox(sandbox)
        yield


def test_a_file_is_added_read_saved_renamed_deleted_and_brought_back(client, alice, bob, vera):
    ana = contact(alice, "Ana Silva")
    files, hers, his = f"/contacts/{ana}/documents", client(alice), client(bob)
    made = hers.post(files, json={"name": "Größe.txt", "content": b64encode(b"Zehn Sitzungen").decode()})
    assert (made.status_code, made.json()["text_state"], made.headers["etag"]) == (201, "read", '"1"')
    one = f"/documents/{made.json()['id']}"
    assert [file["name"] for file in his.get(files).json()["items"]] == ["Größe.txt"]
    assert his.get(f"{one}/text").json()["text"] == "Zehn Sitzungen"
    saved = his.get(f"{one}/file")
    assert (saved.content, saved.headers["content-type"], saved.headers["x-content-type-options"]) == (b"Zehn Sitzungen", "application/octet-stream", "nosniff")
    assert saved.headers["content-disposition"].endswith("filename*=UTF-8''Gr%C3%B6%C3%9Fe.txt")
    assert his.patch(one, json={"name": "Vertrag.txt"}).status_code == 422, "which version, must be said"
    assert his.patch(one, json={"version": 1, "name": "Vertrag.txt"}).json()["name"] == "Vertrag.txt"
    assert his.delete(one).status_code == 403 and client(vera).patch(one, json={"version": 2, "name": "x"}).status_code == 403
    assert hers.patch(one, json={"version": 2, "audience": "private"}).json()["audience"] == "private"
    assert {his.get(f"{one}{more}").status_code for more in ("", "/text", "/file")} == {404}
    assert hers.delete(one).status_code == 204 and hers.get(one).status_code == 404
    assert hers.post(f"{one}/restore").json()["name"] == "Vertrag.txt"


@pytest.mark.parametrize(("body", "field"), [({"name": "a.exe", "content": "eA=="}, None), ({"name": "a.txt", "content": ""}, None), ({"name": "a.txt", "content": "?!"}, "content"), ({"content": "eA=="}, "name")])
def test_what_is_no_file_is_refused_in_a_sentence(client, alice, body, field):
    answer = client(alice).post(f"/contacts/{contact(alice)}/documents", json=body)
    assert answer.status_code == 422 and (not field or field in answer.json()["error"]["fields"]), answer.text
