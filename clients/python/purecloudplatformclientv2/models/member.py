"""A member of a model: one value on the wire, under every name that it has in Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Generic, List, Mapping, Optional, Type, TypeVar, Union, cast, overload

if TYPE_CHECKING:
    from .model import Model

T = TypeVar("T")


class Member(Generic[T]):
    """A descriptor that keeps a model's value under its name on the wire.

    One descriptor may stand in a class under several names (``flow_id = flowid = Member(...)``); all of them read and set
    the same value. The type is what the server's answers have there: on an object that lacks the member it reads ``None``.
    """

    def __init__(
        self,
        wire_name: str,
        model: Optional[Callable[[], Type[Model]]] = None,
        *,
        secret: bool = False,
    ) -> None:
        """``model`` names the model of the value or of a list's values, late, so that models may hold each other.

        A ``secret`` is left out of the model's ``repr``.
        """
        self.wire_name = wire_name
        self.secret = secret
        self.names: List[str] = []
        self._model = model

    def __set_name__(self, owner: Type[Model], name: str) -> None:
        self.names.append(name)

    @overload
    def __get__(self, instance: None, owner: Type[Model]) -> Member[T]: ...

    @overload
    def __get__(self, instance: Model, owner: Type[Model]) -> T: ...

    def __get__(self, instance: Optional[Model], owner: Type[Model]) -> Union[Member[T], T]:
        if instance is None:
            return self
        value: Any = instance._values.get(self.wire_name)
        return cast(T, value)

    def __set__(self, instance: Model, value: Optional[T]) -> None:
        # The server tells absent from null in some places, and takes null for absent in others: never send one unasked.
        if value is None:
            instance._values.pop(self.wire_name, None)
        else:
            instance._values[self.wire_name] = self.read(value)

    def __delete__(self, instance: Model) -> None:
        instance._values.pop(self.wire_name, None)

    def read(self, value: Any) -> Any:
        """The value with plain mappings made into models, where the member has models."""
        if self._model is None:
            return value
        model = self._model()
        if isinstance(value, Mapping):
            return model.from_dict(value)
        # A list that needs no conversion stays the caller's own: what the caller appends later belongs to the model.
        if isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
            return [model.from_dict(item) if isinstance(item, Mapping) else item for item in value]
        return value
