"""What tells the metadata that extraction wrote from what a file brought along, and from what somebody changed."""

import hmac
import json
from collections.abc import Mapping
from hashlib import sha256
from secrets import token_hex
from typing import Final, cast

from pydantic import SecretStr

_SECRET: Final = SecretStr(token_hex(32))
"""Signs what is written where no secret is given."""


def signature(secret: SecretStr | None, *texts: str) -> str:
    """Sign texts, with the secret of this process if none is given."""
    key = (secret or _SECRET).get_secret_value().encode()
    # As a list: texts that were only joined could be parted elsewhere, and "ab" + "c" be taken for "a" + "bc".
    return hmac.new(key, as_text([*texts]).encode("utf-8", "surrogatepass"), "sha256").hexdigest()


def is_signature(given: object, signed: str) -> bool:
    """Tell whether what stands in metadata is a signature, in a time that tells nothing of how far it is right."""
    return isinstance(given, str) and hmac.compare_digest(given.encode("utf-8", "replace"), signed.encode())


def fields_as_text(fields: Mapping[str, object]) -> str:
    """Write fields to be signed, with numbers in one way: stores give some back as floats, and some as integers."""
    return as_text({name: _without_fraction(each) for name, each in fields.items()})


def _without_fraction(value: object) -> object:
    if isinstance(value, list):
        return [_without_fraction(each) for each in cast("list[object]", value)]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def text_hash(text: str) -> str:
    """Hash a text."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def as_text(value: object) -> str:
    """Write a value as JSON text."""
    return json.dumps(value, ensure_ascii=False, default=str)
