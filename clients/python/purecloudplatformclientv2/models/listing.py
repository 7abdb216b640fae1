"""Parts of lists."""

from __future__ import annotations

from typing import Any, Generic, Iterator, List, Mapping, Optional, Type, TypeVar

from .model import Model

M = TypeVar("M", bound=Model)


class Page(Generic[M]):
    """One page of a list."""

    def __init__(self, data: Mapping[str, Any], model: Type[M]) -> None:
        self.entities: List[M] = [model.from_dict(entity) for entity in data["entities"]]
        self.page_size = self.pagesize = int(data["pageSize"])
        self.page_number = self.pagenumber = int(data["pageNumber"])
        self.total = int(data["total"])
        """How many there are on all pages."""
        self.page_count = self.pagecount = int(data["pageCount"])

    def __iter__(self) -> Iterator[M]:
        return iter(self.entities)

    def __len__(self) -> int:
        return len(self.entities)

    def __repr__(self) -> str:
        return f"Page(page_number={self.page_number}, page_count={self.page_count}, total={self.total})"


class Chunk(Generic[M]):
    """A part of a list that grows while it is read."""

    def __init__(self, data: Mapping[str, Any], model: Type[M]) -> None:
        self.entities: List[M] = [model.from_dict(entity) for entity in data["entities"]]
        self.next_cursor: Optional[str] = data.get("nextCursor")
        """Where the next part starts; ``None`` at the end."""
        self.nextcursor = self.next_cursor

    def __iter__(self) -> Iterator[M]:
        return iter(self.entities)

    def __len__(self) -> int:
        return len(self.entities)

    def __repr__(self) -> str:
        return f"Chunk(entities={len(self.entities)}, next_cursor={self.next_cursor!r})"
