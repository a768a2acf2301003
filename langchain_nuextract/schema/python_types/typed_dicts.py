"""Before Python 3.12 Pydantic reads only the TypedDicts of `typing_extensions`; those of `typing` are made over."""

import sys
from types import UnionType
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin, get_type_hints, is_typeddict

import typing_extensions


def modern(type_: object) -> Any:
    """Give a type in which all TypedDicts are such as Pydantic reads; most types are left as they are."""
    return type_ if sys.version_info >= (3, 12) else _modern(type_, ())


def _modern(type_: object, inside: tuple[object, ...]) -> object:
    if type_ in inside:
        return dict[str, Any]
    if is_typeddict(type_):
        return _made_over(type_, (*inside, type_))
    arguments = get_args(type_)
    origin = get_origin(type_)
    if not arguments or origin is Literal:
        return type_
    made = tuple(_modern(argument, inside) for argument in arguments)
    if made == arguments:
        return type_
    if origin in {Union, UnionType}:
        return Union[made]  # noqa: UP007 the arguments are known at run time only
    return Annotated[made] if origin is Annotated else cast("Any", origin)[made]


def _unqualified(hint: object) -> object:
    """Take `Required` and `NotRequired` off: `__required_keys__` tells the same."""
    while get_origin(hint) in {typing_extensions.Required, typing_extensions.NotRequired}:
        hint = get_args(hint)[0]
    return hint


def _made_over(type_: Any, inside: tuple[object, ...]) -> Any:
    required = typing_extensions.Required
    fields = {
        name: (required if name in type_.__required_keys__ else typing_extensions.NotRequired)[
            _modern(_unqualified(hint), inside)
        ]
        for name, hint in get_type_hints(type_, include_extras=True).items()
    }
    made: Any = typing_extensions.TypedDict(type_.__name__, fields)  # pyright: ignore[reportArgumentType] made at run time
    made.__doc__ = type_.__doc__
    made.__module__ = type_.__module__
    return made
