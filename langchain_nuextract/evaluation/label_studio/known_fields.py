"""What the names of controls and labels mean: fields of the schema, and rows of them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from langchain_nuextract.evaluation.label_studio.config import Config
from langchain_nuextract.evaluation.label_studio.controls import (
    Control,
    FieldControl,
    control_name,
    controls,
    each_control,
)
from langchain_nuextract.paths import EACH, Path
from langchain_nuextract.schema.target import Target


@dataclass(frozen=True)
class Fields:
    """What the names of controls and labels mean."""

    parts: tuple[FieldControl, ...]
    config: Config | None

    @classmethod
    def of(cls, target: Target[object], config: Config | None) -> "Fields":
        """Read them off a schema."""
        return cls(tuple(controls(target.node)), config)

    @cached_property
    def _by_name(self) -> Mapping[str, Control]:
        return {control_name(each.path): each for each in each_control(self.parts)}

    def find(self, name: str) -> tuple[Control, Path] | None:
        """Tell which field a name means, and where its value goes; None if the schema has none such.

        `items[2].price` is the field `items[].price` in row 2, and `items[].price` the same in a row not yet known.
        """
        if name in self._by_name:
            return self._by_name[name], self._by_name[name].path
        rows = [int(each) for each in re.findall(r"\[(\d{1,6})\]", name)]
        control = self._by_name.get(re.sub(r"\[\d{1,6}\]", "[]", name))
        if control is None or control.path.count(EACH) != len(rows):
            return None
        numbers = iter(rows)
        return control, tuple(next(numbers) if step == EACH else step for step in control.path)
