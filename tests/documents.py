"""Documents as tests need them: rows without anybody having read a file, and files of every kind made from words."""

from __future__ import annotations

from io import BytesIO
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZipFile

from crm_app.domain.actor import Actor
from crm_app.domain.documents.models import Document
from crm_app.domain.documents.rules import search_text
from crm_app.domain.files.models import DOCUMENT, Blob
from crm_app.domain.ids import new_id
from crm_app.domain.unit_of_work import unit_of_work

_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def write_document(actor: Actor, contact_id: UUID, words: str, *, name: str = "notes.txt", audience: str = "team", key: UUID | None = None) -> Document:
    """What stands after a file of these words was added."""
    with unit_of_work(actor, "tests.write_document") as session:
        made = Document(
            id=key or new_id(), owner_id=actor.user_id, asked_audience=audience, contact_id=contact_id, name=name, kind="text", size=len(words), text_state="read", text=words,
            search_text=search_text(name, words),
        )  # fmt: skip
        session.add(made)
        session.flush()
        session.add(Blob(owner_id=actor.user_id, purpose=DOCUMENT, document_id=made.id, size=len(words), data=words.encode()))
        session.flush()
        session.refresh(made)
    return made


def docx(*paragraphs: str, inside: str = "", head: str = "") -> bytes:
    """A Word file of these paragraphs; ``inside`` is XML for its body, ``head`` what stands before it."""
    said = "".join(f"<w:p><w:r><w:t>{words}</w:t></w:r></w:p>" for words in paragraphs)
    file = BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", "<Types/>")
        package.writestr("word/document.xml", f'<?xml version="1.0"?>{head}<w:document xmlns:w="{_WORD}"><w:body>{said}{inside}</w:body></w:document>')
    return file.getvalue()


def pdf(*pages: str) -> bytes:
    """A PDF with a page for each of these lines; an empty one has nothing on it, as a scan has no words."""
    numbers = [3 + 2 * at for at in range(len(pages))]
    objects = ["<</Type/Catalog/Pages 2 0 R>>", f"<</Type/Pages/Count {len(pages)}/Kids[{' '.join(f'{number} 0 R' for number in numbers)}]>>"]
    font = "<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>"
    for number, words in zip(numbers, pages, strict=True):
        drawn = f"BT /F1 12 Tf 72 720 Td ({words}) Tj ET" if words else ""
        objects.append(f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Resources{font}/Contents {number + 1} 0 R>>")
        objects.append(f"<</Length {len(drawn)}>>stream\n{drawn}\nendstream")
    file, places = bytearray(b"%PDF-1.4\n"), []
    for number, one in enumerate(objects, 1):
        places.append(len(file))
        file += f"{number} 0 obj{one}endobj\n".encode("latin-1")
    begins = len(file)
    file += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode() + b"".join(f"{place:010} 00000 n \n".encode() for place in places)
    return bytes(file + f"trailer<</Size {len(objects) + 1}/Root 1 0 R>>\nstartxref\n{begins}\n%%EOF".encode())
