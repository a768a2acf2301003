"""Names of options, as people write them: one that there is not is refused with the one that was probably meant."""

from collections.abc import Callable, Collection
from dataclasses import fields
from difflib import get_close_matches
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar, cast

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T")
P = ParamSpec("P")


def unknown_name(owner: str, name: str, known: Collection[str], otherwise: str = "") -> TypeError:
    """Make the error for a setting that nobody reads.

    Args:
        owner: Whose setting it would be.
        name: As it was given.
        known: Those there are.
        otherwise: What to say where none is like it; if empty, which there are.
    """
    near = get_close_matches(name, known, n=1)
    hint = f": did you mean {near[0]}?" if near else otherwise or f". There are {', '.join(known)}"
    return TypeError(f"{owner} has no setting {name!r}{hint}")


def refuses_unknown_names(options: type[T]) -> type[T]:
    """Let a dataclass of options say which was meant, which Python's own error does from 3.13 on, if at all.

    Example:
        RecoveryPolicy(max_cals=2)  # TypeError: RecoveryPolicy has no setting 'max_cals': did you mean max_calls?
    """
    setattr(options, "__init__", _checked(options.__init__, options))  # noqa: B010 no type checker allows it otherwise
    return options


def _checked(init: Callable[Concatenate[T, P], None], options: type[T]) -> Callable[Concatenate[T, P], None]:
    known = [each.name for each in fields(cast("type[DataclassInstance]", options))]

    # What asks for the signature follows `__wrapped__`, which `wraps` sets.
    @wraps(init)
    def checked(self: T, /, *values: P.args, **named: P.kwargs) -> None:
        for name in named:
            if name not in known:
                raise unknown_name(options.__name__, name, known)
        init(self, *values, **named)

    return checked
