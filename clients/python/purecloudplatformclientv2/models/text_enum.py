"""Enumerations whose values are the texts on the wire."""

from __future__ import annotations

from enum import Enum


class TextEnum(str, Enum):
    """A value equals its text, and prints as it: answers hold plain texts, also ones that are newer than this package."""

    def __str__(self) -> str:
        return str(self.value)
