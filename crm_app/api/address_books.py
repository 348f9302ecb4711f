"""``/api/v1/address-books``: your address books that are written into, and who is put into them."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from crm_app.api.pages import Page
from crm_app.api.replies import reply
from crm_app.domain.addressbooks import service as books
from crm_app.domain.addressbooks.schemas import ContactBooks, OpenBook

router = APIRouter(prefix="/v1", tags=["address books"])


@router.get("/address-books", response_model=Page[OpenBook])
async def list_open_books(request: Request) -> Response:
    """Your address books that a contact may be put into."""
    return await reply(request, books.list_open_books, shape=lambda found: {"items": found})


@router.get("/contacts/{contact_id}/address-books", response_model=ContactBooks)
async def get_contact_books(request: Request, contact_id: UUID) -> Response:
    """With which of your address books a contact is in step, and into which it may be put."""
    return await reply(request, books.get_contact_books, contact_id)


@router.put("/address-books/{book_id}/contacts/{contact_id}", response_model=ContactBooks)
async def put_into_book(request: Request, book_id: UUID, contact_id: UUID) -> Response:
    """Have a contact put into one of your address books, with its next sync."""
    return await reply(request, books.put_into_book, book_id, contact_id)


@router.delete("/address-books/{book_id}/contacts/{contact_id}", response_model=ContactBooks)
async def leave_out_of_book(request: Request, book_id: UUID, contact_id: UUID) -> Response:
    """Have it not be put there after all, as long as it has not been."""
    return await reply(request, books.leave_out_of_book, book_id, contact_id)
