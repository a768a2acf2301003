"""What tests of documents share."""

import base64
import io
from collections.abc import Callable

import pytest
from PIL import Image


def picture_of(url: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2])))


@pytest.fixture
def size_of() -> Callable[[str], tuple[int, int]]:
    return lambda url: picture_of(url).size


@pytest.fixture
def decoded() -> Callable[[str], Image.Image]:
    return lambda url: picture_of(url).convert("RGB")
