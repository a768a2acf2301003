"""Variants of codecs, for values that validators see raw or that may be missing; and which codecs can be empty."""

from dataclasses import replace

from langchain_nuextract.schema.answer_shape import Hook, ScalarShape
from langchain_nuextract.schema.codec.containers import ListCodec, RecordCodec
from langchain_nuextract.schema.codec.maps import MapCodec
from langchain_nuextract.schema.codec.protocol import Codec
from langchain_nuextract.schema.codec.scalars import EnumCodec, JsonCodec, ScalarCodec, TextCodec
from langchain_nuextract.schema.codec.unions import TupleCodec, UnionCodec


def with_hook(codec: Codec, hook: Hook) -> Codec:
    """Mark the shape of a codec as one whose raw values the user's validators see."""
    match codec:
        case RecordCodec():
            return replace(codec, shape=replace(codec.shape, hook=hook), keeps=True)
        case ScalarCodec():
            return replace(codec, shape=replace(codec.shape, hook=hook), raw=True)
        case EnumCodec() | ListCodec() | TextCodec() | JsonCodec():
            return replace(codec, shape=replace(codec.shape, hook=hook))
        case TupleCodec() | UnionCodec() | MapCodec():
            return replace(codec, shape=replace(codec.shape, hook=hook))
        case _:
            return codec


def optional(codec: Codec) -> Codec:
    """Mark a text that may be missing, so that a word for nothing in its place means that."""
    match codec:
        case ScalarCodec() | TextCodec():
            shape = codec.shape
            return replace(codec, shape=replace(shape, optional=True)) if isinstance(shape, ScalarShape) else codec
        case UnionCodec(value=(name, scalar)):
            value = (name, optional(scalar))
            fields = tuple((each, value[1].shape if each == name else part) for each, part in codec.shape.fields)
            return replace(codec, value=value, shape=replace(codec.shape, fields=fields))
        case _:
            return codec


def can_be_empty(codec: Codec) -> bool:
    """Whether there are values of which the answer has nothing but missing parts and empty lists."""
    match codec:
        case ListCodec() | MapCodec() | JsonCodec():
            return True
        case UnionCodec():
            return codec.items is not None or (codec.record is not None and can_be_empty(codec.record))
        case RecordCodec() | TupleCodec():
            return not codec.blank({})
        case _:
            return False


def stands(codec: Codec) -> bool:
    """Whether the value is there even where nothing is in it; see `NamedCodec.stands`."""
    return isinstance(codec, RecordCodec | ListCodec | MapCodec | TupleCodec)
