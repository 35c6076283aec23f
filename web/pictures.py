"""Turns a picture of any common format into square WebP files, without trusting it: `squares` in this process, `main` as a program.

Decoders are C code that meets files of strangers, so the server runs this module as a program of its own for each picture
(`web.avatars`): a crash, a hang or a bomb takes that process only. It imports nothing of the product.

Protocol of the program: the file on standard input; on standard output one line `ok N N …`, the length of each result,
and the results one after the other, or one line `no CODE` with a code of `BadPicture`.
"""

from __future__ import annotations

import io
import sys

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError
from pillow_heif import HeifImagePlugin  # noqa: F401 - its import teaches Pillow HEIC

__all__ = ["MAX_BYTES", "MAX_PIXELS", "SIZES", "BadPicture", "main", "squares"]

SIZES = (32, 64, 96, 192, 512)
"""Edges in pixels: a line of a list, the same on a dense screen, a card, the profile, a large screen."""
MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 64_000_000
"""Phones make pictures of 50 million; decoded, one of this size takes 256 MB at worst."""
MAX_MEMORY = 1536 * 1024 * 1024
"""Address space of the program. Decoder, picture and a copy fit."""
_FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "HEIF")
_QUALITY = 86
_BROKEN = (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError, OverflowError, ArithmeticError, RuntimeError)
"""What Pillow's plugins are known to raise for files that are not what they say."""


class BadPicture(Exception):
    """The file cannot become an avatar. `code`: `svg`, `format` (none that we know), `pixels` (too many), `broken`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def squares(content: bytes, *, max_pixels: int = MAX_PIXELS) -> list[bytes]:
    """WebP files of each of `SIZES`: upright, the middle of the first frame, sRGB, no metadata. Raises BadPicture."""
    Image.MAX_IMAGE_PIXELS = None  # its warning at half its limit helps nobody: the check below stands before any decoding
    try:
        with Image.open(io.BytesIO(content), formats=_FORMATS) as opened:
            width, height = opened.size
            if width * height > max_pixels:
                raise BadPicture("pixels")
            square = _square(opened)
            return [_encode(square, size) for size in SIZES]
    except UnidentifiedImageError:
        raise BadPicture("svg" if _is_svg(content) else "format") from None
    except MemoryError:
        raise BadPicture("pixels") from None
    except _BROKEN as error:
        raise BadPicture("broken") from error


def _square(opened: Image.Image) -> Image.Image:
    edge = max(SIZES)
    opened.draft("RGB", (edge * 2, edge * 2))  # a JPEG is decoded at an eighth to a half of its size where that is enough
    opened.load()
    upright = ImageOps.exif_transpose(opened)
    width, height = upright.size
    side = min(width, height)
    left, top = (width - side) // 2, (height - side) // 2
    square = upright.crop((left, top, left + side, top + side))
    return _srgb(square, upright.info.get("icc_profile"))


def _srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """The picture as sRGB of 8 bits, with its transparency."""
    if image.mode.startswith("I;16"):
        image = image.point(lambda value: value * (1 / 256)).convert("L")  # a plain conversion would clip all but the darkest
    alpha = "A" in image.mode or "a" in image.mode or "transparency" in image.info
    if profile and image.mode in ("RGB", "RGBA", "CMYK", "L"):
        try:
            given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            mode = "RGBA" if image.mode == "RGBA" else "RGB"
            converted = ImageCms.profileToProfile(image, given, ImageCms.createProfile("sRGB"), outputMode=mode)
            return converted or image.convert(mode)
        except (ImageCms.PyCMSError, *_BROKEN):
            pass  # a profile that is broken or of another mode: the colours are a little off, the face is still the face
    return image.convert("RGBA" if alpha else "RGB")


def _encode(square: Image.Image, size: int) -> bytes:
    resized = square.resize((size, size), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    Image.frombytes(resized.mode, resized.size, resized.tobytes()).save(out, "WEBP", quality=_QUALITY, method=4)  # pixels, nothing else
    return out.getvalue()


def _is_svg(content: bytes) -> bool:
    start = content[:4096].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return start.startswith((b"<svg", b"<?xml", b"<!doctype svg", b"<!--")) and b"<svg" in content[:65536].lower()


def main() -> None:
    """The program."""
    _limit()
    try:
        results = squares(sys.stdin.buffer.read(MAX_BYTES + 1))
    except BadPicture as error:
        sys.stdout.buffer.write(f"no {error.code}\n".encode())
        return
    sys.stdout.buffer.write(f"ok {' '.join(str(len(result)) for result in results)}\n".encode() + b"".join(results))


def _limit() -> None:
    """Bounds what a decoder can take, where the system knows such bounds. The one who started the program bounds its time."""
    try:
        import resource
    except ImportError:  # Windows
        return
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY if most == resource.RLIM_INFINITY else min(MAX_MEMORY, most), most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a dump would be somebody's picture


if __name__ == "__main__":
    main()
