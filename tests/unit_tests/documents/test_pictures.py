"""Images as models see them; made here with Pillow."""

import io
import struct
import zlib
from base64 import b64decode

import pytest
from PIL import Image as Pillow

from langchain_nuextract.documents.options import PageOptions
from langchain_nuextract.documents.pictures import ImageFile, fitted, prepared
from langchain_nuextract.documents.read import read
from langchain_nuextract.documents.source import Image
from langchain_nuextract.errors import BrokenDocument, TooLarge, UnreadableDocument

ORIENTATION = 0x0112


def saved(picture: Pillow.Image, kind: str = "PNG", **options) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def seen(url: str) -> Pillow.Image:
    return Pillow.open(io.BytesIO(b64decode(url.partition(",")[2])))


def halves(mode: str = "RGB") -> Pillow.Image:
    """Left half dark, right half light."""
    picture = Pillow.new("RGB", (40, 20), "white")
    picture.paste("black", (0, 0, 20, 20))
    return picture.convert(mode)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_an_image_that_is_fine_is_not_touched(kind):
    content = saved(halves(), kind)
    assert b64decode(prepared(content, "a").partition(",")[2]) == content


@pytest.mark.parametrize(
    ("turned", "size", "dark"),
    [(3, (40, 20), (30, 10)), (6, (20, 40), (10, 10)), (8, (20, 40), (10, 30)), (2, (40, 20), (30, 10))],
)
def test_photos_are_turned_upright(turned, size, dark):
    exif = Pillow.Exif()
    exif[ORIENTATION] = turned
    picture = seen(prepared(saved(halves(), "PNG", exif=exif), "a"))
    assert picture.size == size
    assert picture.convert("L").getpixel(dark) == 0
    assert picture.getexif().get(ORIENTATION, 1) == 1


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(saved(halves("CMYK"), "JPEG"), id="cmyk"),
        pytest.param(saved(halves("P"), "PNG"), id="palette"),
        pytest.param(saved(halves("1"), "TIFF"), id="fax"),
        pytest.param(saved(halves("L").point(lambda value: value * 257, "I"), "TIFF"), id="32-bit"),
        pytest.param(saved(halves(), "BMP"), id="bmp"),
    ],
)
def test_others_are_written_in_rgb_with_their_light_and_dark(content):
    picture = seen(prepared(content, "a"))
    assert (picture.mode, picture.size) == ("RGB", (40, 20))
    grey = picture.convert("L")
    assert grey.getpixel((5, 10)) < 30
    assert grey.getpixel((35, 10)) > 225


def test_what_is_transparent_is_white():
    picture = seen(prepared(saved(Pillow.new("RGBA", (4, 4), (0, 0, 0, 0))), "a"))
    assert picture.getpixel((1, 1)) == (255, 255, 255)


@pytest.mark.parametrize("most", [400, 799])
def test_no_more_pixels_are_sent_than_the_model_takes(most):
    picture = seen(prepared(saved(halves()), "a", max_pixels=most))
    assert 0.7 * most < picture.width * picture.height <= most
    assert fitted(Image("https://example.com/a.png"), most).url == "https://example.com/a.png"


def test_each_frame_of_a_tiff_is_a_page_and_of_an_animation_the_first_one():
    frames = [Pillow.new("RGB", (4, 4), colour) for colour in ("red", "lime", "blue")]
    fax = saved(frames[0], "TIFF", save_all=True, append_images=frames[1:])
    file = ImageFile.of(fax, "fax.tif", PageOptions(pages="2-"))
    assert [page.name for page in file.pages()] == ["fax.tif page 2", "fax.tif page 3"]
    assert seen(file.picture(2, max_pixels=100)).getpixel((1, 1)) == (0, 255, 0)
    film = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert ImageFile.of(film, "film.gif").count() == 1
    assert seen(prepared(film, "film.gif")).convert("RGB").getpixel((1, 1)) == (255, 0, 0)
    assert read(film).warnings == ("the bytes: it is an animation of 3 pictures, of which the first one is read",)


def test_a_bomb_is_refused_by_its_header():
    content = bytearray(saved(Pillow.new("1", (8, 8))))
    content[16:24] = (60_000).to_bytes(4, "big") * 2
    content[29:33] = zlib.crc32(bytes(content[12:29])).to_bytes(4, "big")
    with pytest.raises(TooLarge) as raised:
        prepared(bytes(content), "bomb.png")
    assert raised.value.name == "bomb.png"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP", "GIF"])
@pytest.mark.parametrize("share", [0.3, 0.6])
def test_a_cut_image_is_an_error_that_names_it(kind, share):
    content = saved(Pillow.effect_noise((64, 64), 90), kind)
    with pytest.raises(UnreadableDocument) as raised:
        prepared(content[: int(len(content) * share)], "cut")
    assert isinstance(raised.value, BrokenDocument)
    assert raised.value.name == "cut"


def test_a_tiff_of_more_frames_than_anybody_scans_is_refused_before_they_are_counted():
    tags = [(256, 4, 8), (257, 4, 8), (258, 3, 1), (259, 3, 1), (262, 3, 1), (273, 4, 8), (278, 4, 8), (279, 4, 8)]
    size = 2 + 12 * len(tags) + 4
    directories = (
        struct.pack("<H", len(tags))
        + b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
        + struct.pack("<I", 8 + size * number)
        for number in range(1, 5_003)
    )
    with pytest.raises(TooLarge, match="more than 5000 pages"):
        ImageFile.of(b"II*\0" + struct.pack("<I", 8) + b"".join(directories), "fax.tif").count()
