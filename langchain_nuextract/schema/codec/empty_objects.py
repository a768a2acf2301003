"""Objects that an answer has and says nothing of.

A template asks for the parts of each object, so a model answers with the object whether the document has one or not,
and writes null for each of its parts: `"shipping": {"city": null, "zip": null}`. Where the user's schema admits null
for the object, or lets it be left out, that is what is meant.
"""

from langchain_nuextract.paths import JSON
from langchain_nuextract.schema.codec.containers import ListCodec, NamedCodec, RecordCodec
from langchain_nuextract.schema.codec.protocol import Codec, is_empty
from langchain_nuextract.schema.json_types import is_list, is_object


def without_empty_objects(codec: Codec, answer: JSON) -> JSON:
    """Leave out of an answer the objects that may be missing, and that have nothing but missing parts."""
    match codec:
        case RecordCodec() if is_object(answer):
            parts = codec.asked
            return {
                name: without_empty_objects(parts[name].codec, child) if name in parts else child
                for name, child in answer.items()
                if not _is_optional_and_empty(parts.get(name), child)
            }
        case ListCodec() if is_list(answer):
            return [without_empty_objects(codec.item, child) for child in answer]
        case _:
            return answer


def _is_optional_and_empty(part: NamedCodec | None, said: JSON) -> bool:
    if part is None or not isinstance(part.codec, RecordCodec) or not is_object(said):
        return False
    return is_empty(said) and (part.nullable or not part.required)
