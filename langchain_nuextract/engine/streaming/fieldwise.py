"""From what is complete of an answer to a partial object, without reading twice what cannot change any more.

An answer is written field after field, and a list item after item: only the field that is being written is read anew,
and of a list only the items that are new. So showing an object with each of its values takes time that is linear in
its length, but for the pointers that are copied.
"""

import json
from collections.abc import Mapping
from itertools import groupby, islice
from typing import cast

from langchain_nuextract.documents.escape import escape_source
from langchain_nuextract.documents.source import Source
from langchain_nuextract.engine.plan import Plan
from langchain_nuextract.engine.streaming.partial_models import partial_type
from langchain_nuextract.parsing.read import read_shape
from langchain_nuextract.paths import JSON
from langchain_nuextract.schema.answer_shape import AnswerShape, RecordShape


class FieldwiseObject:
    """A partial object that grows with an answer.

    Args:
        plan: What is asked.
        document: The document; its text decides how numbers and dates are read.
    """

    def __init__(self, plan: Plan[object], document: Source) -> None:
        self._plan = plan
        self._document = document.text
        self._escaped = escape_source(document, plan.dialect.marks)
        self._type = partial_type(plan.target.type)
        # Looked up with each piece of the answer.
        self._parts = dict(plan.shape.fields)
        self._by_item = plan.target.separable_fields(plan.dialect)
        self._settled = 0
        self._items: dict[str, int] = {}
        self._attributes: dict[str, object] = {}

    def update(self, answer: Mapping[str, JSON]) -> object:
        """Take what is complete of the answer by now, and give the object; None if there is nothing to show.

        Args:
            answer: The same as before and more: further fields, and more of the last one.
        """
        if self._by_item is None:
            self._attributes = self._read(answer)
            return self._type.make(self._attributes) if self._attributes else None
        by_item = self._by_item
        # Of `{"a": 1, "b": [1` all before `b` is settled.
        new = islice(answer, self._settled, None)
        for is_list, names in groupby(new, lambda name: name in by_item and isinstance(answer[name], list)):
            if is_list:
                for name in names:
                    self._update_list(name, cast("list[JSON]", answer[name]))
            else:
                self._attributes |= self._read({name: answer[name] for name in names})
        self._settled = max(len(answer) - 1, 0)
        return self._type.make(self._attributes) if self._attributes else None

    def _update_list(self, name: str, items: list[JSON]) -> None:
        begun, self._items[name] = self._items.get(name, 0), len(items)
        if begun and begun == len(items):
            return
        for attribute, new in self._read({name: items[begun:]}).items():
            old = self._attributes.get(attribute) if begun else None
            self._attributes[attribute] = new if old is None else _added(old, new)

    def _read(self, answer: Mapping[str, JSON]) -> dict[str, object]:
        """Read a part of the answer as the whole one will be: echoes are no values, numbers what they will be."""
        plan, policy = self._plan, self._plan.options.recovery.repairs
        text = plan.written.restore(self._escaped.restore(json.dumps(answer, ensure_ascii=False)))
        reading = read_shape(text, plan.shape, policy=policy, document=self._document)
        if not isinstance(reading.value, dict):
            return {}
        part, value = plan.target.lift_fields(reading.value, plan.dialect)
        if not (isinstance(value, dict) and isinstance(part, dict)):
            return {}
        return self._type.attributes(_written(value, part, self._parts))


def _added(old: object, new: object) -> object:
    """A list or set with more items; what is none is given as it is."""
    if type(old) is not type(new):
        return new
    if isinstance(new, set | frozenset):
        return cast("set[object]", old) | cast("set[object]", new)
    return cast("list[object]", old) + cast("list[object]", new) if isinstance(new, list | tuple) else new


def _written(
    value: Mapping[str, JSON], answer: Mapping[str, JSON], parts: Mapping[str, AnswerShape]
) -> dict[str, JSON]:
    """Leave nothing in a value but what the answer says: the rest may still come."""
    shown: dict[str, JSON] = {}
    for name, inner in value.items():
        part, said = parts.get(name), answer.get(name)
        if isinstance(part, RecordShape) and isinstance(inner, dict) and isinstance(said, dict):
            shown[name] = _written(inner, said, dict(part.fields))
        elif name in answer or part is None:
            shown[name] = inner
    return shown
