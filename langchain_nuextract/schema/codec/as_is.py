"""Which codecs leave an answer as it is, when it is whole.

An answer of the right form is whole if it has all parts that were asked for, and nothing in it is null or an empty
text, list or object. Most schemas have the same form as their templates: such an answer then is the value.
"""

from langchain_nuextract.schema.answer_shape import EnumShape, ScalarShape
from langchain_nuextract.schema.codec.containers import ListCodec, RecordCodec
from langchain_nuextract.schema.codec.protocol import Codec
from langchain_nuextract.schema.codec.scalars import EnumCodec, ScalarCodec, TextCodec
from langchain_nuextract.schema.value_types import json_kind


def keeps_whole(codec: Codec) -> bool:
    """Whether `lift(answer) == answer` for every whole answer of the codec's form; where in doubt, it is not."""
    match codec:
        case ScalarCodec(shape=ScalarShape() as shape):
            return json_kind(shape.type) in codec.kinds
        case TextCodec():
            return codec.kinds == frozenset({"string"}) and not codec.day
        case EnumCodec(shape=EnumShape()):
            # Labels that are other values' words, and constants, which are not asked for, are not the value.
            return len(codec.members) > 1 and all(
                member.label and member.label == member.value for member in codec.members
            )
        case ListCodec():
            return keeps_whole(codec.item)
        case RecordCodec():
            return (
                bool(codec.parts)
                and not codec.others
                and all(not part.constant and keeps_whole(part.codec) for part in codec.parts)
            )
        case _:
            return False
