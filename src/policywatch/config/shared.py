"""Values that many entries have in common stand once in memory."""

from __future__ import annotations

import json
from typing import Any, TypeVar

from pydantic import BaseModel

M = TypeVar("M", bound=BaseModel)

Key = tuple[Any, ...]


class Shared:
    """Of one configuration. Ten thousand sources say `every: 1h` and `options: {full_text: never}` again and again."""

    def __init__(self) -> None:
        self._known: dict[Key, Any] = {}

    def entry(self, spec: M) -> M:
        """An equal entry whose values are those of the entries before where they are equal.

        For entries that nobody changes: what they hold is held by others, too.
        """
        values = {name: self._value(name, value) for name, value in spec.__dict__.items()}
        names = self._known.setdefault(("", *sorted(spec.model_fields_set)), spec.model_fields_set)
        return type(spec).model_construct(names, **values)

    def _value(self, name: str, value: Any) -> Any:
        if isinstance(value, dict | list):
            try:
                # As text, in which 1, 1.0 and true differ.
                key: Key = (name, json.dumps(value))
            except (TypeError, ValueError):
                return value
        else:
            key = (name, type(value), value)
        return self._known.setdefault(key, value)
