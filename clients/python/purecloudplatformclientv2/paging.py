"""Lists, page by page."""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterator, TypeVar

from .models.listing import Chunk, Page
from .models.model import Model

M = TypeVar("M", bound=Model)

PAGE_SIZE = 100
"""What is asked for at once when whole lists are read; the server's own default is for people."""


def all_pages(read: Callable[..., Page[M]], filters: Dict[str, Any]) -> Iterator[M]:
    """What is on all pages, from the page that the filters name, or the first."""
    size = filters.pop("page_size", PAGE_SIZE)
    number = int(filters.pop("page_number", 1))
    while True:
        page = read(page_size=size, page_number=number, **filters)
        yield from page
        if not page.entities or number >= page.page_count:
            return
        number += 1


def all_chunks(read: Callable[..., Chunk[M]], filters: Dict[str, Any]) -> Iterator[M]:
    """What is in all parts, from the cursor that the filters name, or the first."""
    size = filters.pop("page_size", PAGE_SIZE)
    cursor = filters.pop("cursor", None)
    while True:
        chunk = read(page_size=size, cursor=cursor, **filters)
        yield from chunk
        if chunk.next_cursor is None:
            return
        cursor = chunk.next_cursor
