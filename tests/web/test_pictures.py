"""Pictures of strangers become squares of our own."""

from __future__ import annotations

import io
import random
import struct
import subprocess
import sys
import zlib
from collections import Counter

import pytest
from PIL import Image, ImageCms
from pillow_heif import from_pillow

import web.pictures as pictures
from web.pictures import SIZES, BadPicture, squares

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")  # Pillow remarks on odd files that it reads all the same


def encoded(image: Image.Image, form: str, **options: object) -> bytes:
    """A file of that format."""
    out = io.BytesIO()
    if form == "HEIF":
        from_pillow(image).save(out)
    else:
        image.save(out, form, **options)
    return out.getvalue()


def halves(width: int = 400, height: int = 200) -> Image.Image:
    """Red left, blue right."""
    image = Image.new("RGB", (width, height), (255, 0, 0))
    image.paste((0, 0, 255), (width // 2, 0, width, height))
    return image


def reopened(files: list[bytes]) -> list[Image.Image]:
    return [Image.open(io.BytesIO(file)) for file in files]


def is_red(pixel: object) -> bool:
    red, green, blue = pixel[:3]  # type: ignore[index]
    return bool(red > 180 and green < 80 and blue < 80)


def is_blue(pixel: object) -> bool:
    red, green, blue = pixel[:3]  # type: ignore[index]
    return bool(blue > 180 and green < 80 and red < 80)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "HEIF"])
def test_every_common_format_becomes_five_squares(form: str) -> None:
    """The middle is kept: red stays left and blue right, in WebP of each size."""
    made = reopened(squares(encoded(halves(), form)))
    assert [image.size for image in made] == [(size, size) for size in SIZES]
    for image in made:
        assert image.format == "WEBP"
        shown = image.convert("RGB")
        size = shown.width
        assert is_red(shown.getpixel((size // 6, size // 2)))
        assert is_blue(shown.getpixel((size - size // 6, size // 2)))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "I;16", "I", "F", "YCbCr", "LAB"])
def test_every_mode_of_pixels_is_taken(mode: str) -> None:
    """Grey, palettes, transparency, print colours and 16 bits all come out."""
    form = "TIFF" if mode in ("CMYK", "F", "YCbCr", "LAB", "PA", "I") else "PNG"
    if mode == "PA":
        form = "PNG"
        image = Image.new("RGBA", (70, 60), (9, 9, 9, 100)).quantize()
    else:
        image = Image.new(mode, (70, 60))
    assert len(squares(encoded(image, form))) == 5


def test_sixteen_bit_grey_keeps_its_shades() -> None:
    """A 16-bit scan comes out as grey as it was, not white."""
    grey = Image.new("I;16", (64, 64), 0x8000)
    shown = reopened(squares(encoded(grey, "PNG")))[2].convert("L").getpixel((40, 40))
    assert isinstance(shown, int)
    assert 120 <= shown <= 136


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_of_the_camera_is_applied(orientation: int) -> None:
    """However the camera was held, red is where it is seen when the picture is upright."""
    turned = {2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE", 6: "ROTATE_90", 7: "TRANSVERSE", 8: "ROTATE_270"}
    stored = halves(300, 300)
    if orientation in turned:
        stored = stored.transpose(Image.Transpose[turned[orientation]])
    exif = Image.Exif()
    exif[0x0112] = orientation
    shown = reopened(squares(encoded(stored, "JPEG", exif=exif)))[3].convert("RGB")
    assert is_red(shown.getpixel((20, 96)))
    assert is_blue(shown.getpixel((170, 96)))


def test_no_metadata_comes_through() -> None:
    """Place, camera, comments and profiles of the file are gone."""
    exif = Image.Exif()
    exif[0x010E] = "SECRET-PLACE"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    content = encoded(halves(), "JPEG", exif=exif, icc_profile=profile, comment=b"SECRET-COMMENT")
    assert b"SECRET" in content
    for file in squares(content):
        assert b"SECRET" not in file
        image = Image.open(io.BytesIO(file))
        assert not {"exif", "icc_profile", "xmp"} & set(image.info)


def test_transparency_stays() -> None:
    """A cut-out face has no black behind it."""
    image = Image.new("RGBA", (100, 100), (0, 0, 0, 0))
    alpha = reopened(squares(encoded(image, "PNG")))[1].convert("RGBA").getpixel((5, 5))
    assert isinstance(alpha, tuple)
    assert alpha[3] == 0


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG"])
def test_of_an_animation_the_first_frame_is_taken(form: str) -> None:
    """It does not move."""
    first, second = Image.new("RGB", (80, 80), (255, 0, 0)), Image.new("RGB", (80, 80), (0, 0, 255))
    image = reopened(squares(encoded(first, form, save_all=True, append_images=[second])))[2]
    assert getattr(image, "n_frames", 1) == 1
    assert is_red(image.convert("RGB").getpixel((48, 48)))


def png(width: int, height: int, rows: bytes) -> bytes:
    """A PNG that says what it likes of its size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "format"),
        (b"GIF", "format"),
        (b"%PDF-1.7", "format"),
        (b"MZ" + bytes(500), "format"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "format"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "svg"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- x --><SVG/>", "svg"),
        (b"<html>", "format"),
        (png(60_000, 60_000, bytes(1000)), "pixels"),
        (png(100, 100, bytes(10)), "broken"),
        (encoded(halves(), "JPEG")[:900], "broken"),
        (encoded(halves(), "PNG")[:200], "broken"),
        (encoded(halves(), "HEIF")[:400], "broken"),
        (b"BM" + bytes(60), "format"),
        (b"II*\x00\x08\x00\x00\x00" + bytes(100), "format"),
    ],
    ids=range(15),
)
def test_files_that_will_not_do_say_why(content: bytes, code: str) -> None:
    """Broken, foreign, vector and oversized files are refused by code, and never by a crash."""
    with pytest.raises(BadPicture) as caught:
        squares(content)
    assert caught.value.code in ({code, "broken"} if code == "format" and content[:2] in (b"BM", b"II") else {code})


def test_the_limit_of_pixels_stands_before_decoding() -> None:
    """A picture just above the limit is refused, one at the limit is taken."""
    content = encoded(halves(40, 40), "PNG")
    assert len(squares(content, max_pixels=1600)) == 5
    with pytest.raises(BadPicture):
        squares(content, max_pixels=1599)


def test_bytes_turned_at_random_never_crash_the_reader() -> None:
    """A file with turned bytes either comes out or is refused."""
    outcomes: Counter[str] = Counter()
    chance = random.Random(4)
    for form in ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF"):
        whole = encoded(halves(64, 48), form)
        for _ in range(25):
            content = bytearray(whole)
            for _ in range(6):
                content[chance.randrange(len(content))] = chance.randrange(256)
            outcomes[outcome(bytes(content))] += 1
    assert set(outcomes) <= {"taken", "svg", "format", "pixels", "broken"}
    assert outcomes["taken"]
    assert outcomes["broken"]


def outcome(content: bytes) -> str:
    """`taken`, or why not."""
    try:
        squares(content, max_pixels=4_000_000)
    except BadPicture as error:
        return error.code
    return "taken"


def test_the_program_speaks_its_protocol() -> None:
    """It answers with the files, or with a code, and nothing on standard error."""
    command = [sys.executable, "-P", pictures.__file__]
    done = subprocess.run(command, input=encoded(halves(), "PNG"), capture_output=True, check=True)
    head, _, rest = done.stdout.partition(b"\n")
    word, *lengths = head.split()
    assert (word, sum(map(int, lengths)), done.stderr) == (b"ok", len(rest), b"")
    assert rest == b"".join(squares(encoded(halves(), "PNG")))
    refused = subprocess.run(command, input=b"<svg></svg>", capture_output=True, check=True)
    assert (refused.stdout, refused.stderr) == (b"no svg\n", b"")
