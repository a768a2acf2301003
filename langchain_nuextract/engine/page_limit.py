"""How many images one request may have, which a server may have to say."""

import re
from typing import Final, TypeGuard

from langchain_nuextract.dialects.dialect import Dialect
from langchain_nuextract.errors import ContextOverflow, RequestRefused

_CONTEXT: Final = 131_072
"""Tokens that a model takes, unless its server says otherwise: what the author serves NuExtract3 with."""
_FOR_IMAGES: Final = 0.85
"""Share of the context that images may take; template, examples and answer have the rest."""
_PAGE: Final = 2_800_000
"""Pixels of a page of A4 at 170 dots an inch."""
_LIMIT: Final = re.compile(r"at most (\d+) image", re.IGNORECASE)
"""What vLLM says where a request has more images than `--limit-mm-per-prompt` allows, and a checkpoint after it."""


class PageLimit:
    """How many images a request may have: by the size of the context, until a server says that it takes fewer."""

    def __init__(self) -> None:
        self._learned: int | None = None

    def most(self, dialect: Dialect) -> int | None:
        """Give the number of images that a request may have; None if the dialect reads none."""
        if not dialect.images:
            known = int(_CONTEXT * _FOR_IMAGES / (_PAGE / dialect.pixels_per_token)) if dialect.images is None else None
        else:
            known = dialect.images
        return known if known is None else min(known, self._learned or known)

    def learn(self, error: Exception, images: int) -> bool:
        """Take note that a server refused a request.

        Args:
            error: What came of it.
            images: How many the request had.

        Returns:
            Whether fewer may help.
        """
        # Of one image there is nothing to take away.
        if images < 2 or not tells_limit(error):  # noqa: PLR2004
            return False
        said = _LIMIT.search(error.reason)
        # Requests that were under way together are refused together: what one has told stands.
        self._learned = max(1, min(int(said[1]) if said else images // 2, images - 1, self._learned or images))
        return True


def tells_limit(error: Exception) -> TypeGuard[ContextOverflow | RequestRefused]:
    """Tell whether a server refused a request for its size, so that one with fewer images may be taken."""
    if isinstance(error, ContextOverflow):
        return True
    return isinstance(error, RequestRefused) and _LIMIT.search(error.reason) is not None
