"""The target of a part of a document: what the user's schema says of the whole is judged on the merged object only."""

from collections.abc import Callable
from dataclasses import fields, replace
from functools import cached_property, lru_cache
from typing import cast

from pydantic import TypeAdapter

from langchain_nuextract.engine.plan import Plan
from langchain_nuextract.paths import JSON, Path
from langchain_nuextract.schema.target import FULL, Target
from langchain_nuextract.schema.vocabulary import Speaks


class PartTarget(Target[JSON]):
    """A target whose values are JSON: no validator of the user's sees a part of an object."""

    def checker(self, dialect: Speaks | str = FULL) -> Callable[[JSON, bytes], JSON]:
        """Give what checks the values one by one, where no code of the user's runs for that."""
        check = None if self._has_validators else super().checker(dialect)

        def checked(value: JSON, text: bytes) -> JSON:
            if check:
                check(value, text)
            return value

        return checked

    def defaults(self, value: JSON) -> tuple[Path, ...]:
        """Give none: other parts may say what this one does not."""
        del value
        return ()

    @cached_property
    def _has_validators(self) -> bool:
        if self.source != "python":
            return False
        # Pydantic names the schemas of validators `function-before`, `function-after`, `function-wrap`, …
        return "'function-" in repr(TypeAdapter(self.schema).core_schema)


@lru_cache(maxsize=64)
def _part_target(target: Target[object]) -> PartTarget:
    # Compiled once, not for each document.
    return PartTarget(**{field.name: getattr(target, field.name) for field in fields(Target)})


def part_plan(plan: Plan[object]) -> Plan[JSON]:
    """Say how parts of a document are asked about: as the whole is, but for what is missing."""
    recovery = replace(plan.options.recovery, on_failure="partial")
    options = replace(plan.options, recovery=recovery)
    part = replace(plan, target=_part_target(plan.target), options=options, is_part=True)
    return cast("Plan[JSON]", part)  # of a plan of anything, for its target is another one
