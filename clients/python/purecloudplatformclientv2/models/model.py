"""What all models are made of."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, ClassVar, Dict, Iterable, Mapping, Type, TypeVar

from .member import Member
from .wire import to_wire

M = TypeVar("M", bound="Model")


class Model:
    """A JSON object of the API.

    Known members are attributes, in snake_case and in the lower-case spelling (``flow_id``, ``flowid``). Indexing by the
    name on the wire reaches every member, also those that this package does not know: they are kept and sent back.
    """

    _members: ClassVar[Dict[str, Member[Any]]] = {}
    """The members by attribute."""
    _spellings: ClassVar[Dict[str, Member[Any]]] = {}
    """The members by every name that they may have in a mapping."""

    _values: Dict[str, Any]
    """The values by name on the wire."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        own = {name: value for name, value in vars(cls).items() if isinstance(value, Member)}
        cls._members = {**cls._members, **own}
        cls._spellings = {**cls._members, **{member.wire_name: member for member in cls._members.values()}}

    def __init__(self, **members: Any) -> None:
        self._values = {}
        given: Dict[str, str] = {}
        for name, value in members.items():
            member = self._members.get(name)
            if member is None:
                raise TypeError(f"{type(self).__name__} has no member `{name}`{_hint(name, self._members)}")
            first = given.setdefault(member.wire_name, name)
            if first != name:
                raise TypeError(f"`{first}` and `{name}` are the same member of {type(self).__name__}")
            setattr(self, name, value)

    @classmethod
    def from_dict(cls: Type[M], data: Mapping[str, Any]) -> M:
        """A model of a JSON object. Members that are not known are kept as they are."""
        made = cls()
        for name, value in data.items():
            if name in made:
                raise ValueError(f"`{name}` appears twice in {cls.__name__}, in two spellings")
            made[name] = value
        return made

    def to_dict(self) -> Dict[str, Any]:
        """The JSON object, with the names on the wire; a copy."""
        return {name: to_wire(value) for name, value in self._values.items()}

    def __getitem__(self, name: str) -> Any:
        return self._values[self._wire_name(name)]

    def __setitem__(self, name: str, value: Any) -> None:
        member = self._spellings.get(name)
        # Whoever indexes says what is to stand there, and may mean null.
        self._values[self._wire_name(name)] = value if member is None else member.read(value)

    def __delitem__(self, name: str) -> None:
        del self._values[self._wire_name(name)]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._wire_name(name) in self._values

    def __copy__(self: M) -> M:
        made = type(self)()
        made.__dict__.update(self.__dict__, _values=dict(self._values))
        return made

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Model) or type(other) is not type(self):
            return NotImplemented
        return self.to_dict() == other.to_dict()

    __hash__ = None  # type: ignore[assignment]  # models change

    def __repr__(self) -> str:
        shown = (f"{self._shown_name(name)}={self._shown_value(name)}" for name in self._values)
        return f"{type(self).__name__}({', '.join(shown)})"

    def _wire_name(self, name: str) -> str:
        member = self._spellings.get(name)
        return name if member is None else member.wire_name

    def _shown_name(self, wire_name: str) -> str:
        member = self._spellings.get(wire_name)
        return wire_name if member is None else member.names[0]

    def _shown_value(self, wire_name: str) -> str:
        member = self._spellings.get(wire_name)
        return "'***'" if member is not None and member.secret else repr(self._values[wire_name])

    # Type checkers must not see these: they would take them for leave to use any attribute.
    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            raise AttributeError(f"{type(self).__name__} has no member `{name}`{_hint(name, self._members)}")

        def __setattr__(self, name: str, value: Any) -> None:
            # A misspelt member would else be set, and silently not sent.
            if not name.startswith("_") and not hasattr(type(self), name):
                raise AttributeError(f"{type(self).__name__} has no member `{name}`{_hint(name, self._members)}")
            super().__setattr__(name, value)


def _hint(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, known, n=1, cutoff=0.5)
    return f": did you mean `{near[0]}`?" if near else ""
