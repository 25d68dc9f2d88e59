"""One small file of every kind we pass on, and of some that we do not."""

from __future__ import annotations

import zipfile
from io import BytesIO
from typing import Any

from PIL import Image

GPS = {1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 36.0)}


def picture(kind: str = "PNG", size: tuple[int, int] = (8, 4), mode: str = "RGB", **more: Any) -> bytes:
    drawn = BytesIO()
    Image.new(mode, size, 0).save(drawn, kind, **more)
    return drawn.getvalue()


def photo(orientation: int = 6) -> bytes:
    """As a phone takes it: lying on its side, with the place it was taken at."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = orientation, "the maker"
    exif.get_ifd(0x8825).update(GPS)
    return picture("JPEG", (8, 4), exif=exif, comment=b"a comment", xmp=b"<x:xmpmeta>the xmp</x:xmpmeta>")


def moving(frames: int = 3, size: tuple[int, int] = (8, 4)) -> bytes:
    drawn = BytesIO()
    first, *rest = [Image.new("RGB", size, (number * 80, 0, 0)) for number in range(frames)]
    first.save(drawn, "GIF", save_all=True, append_images=rest, duration=100, loop=0, comment=b"a comment")
    return drawn.getvalue()


def package(*names: str, head: str = "", compression: int = zipfile.ZIP_STORED) -> bytes:
    made = BytesIO()
    with zipfile.ZipFile(made, "w", compression) as archive:
        if head:
            archive.writestr("mimetype", head)
        for name in names:
            archive.writestr(name, "x")
    return made.getvalue()


def office(part: str, *more: str) -> bytes:
    return package("[Content_Types].xml", f"{part}/main.xml", *more)


def opendocument(kind: str, *more: str) -> bytes:
    return package("content.xml", *more, head=f"application/vnd.oasis.opendocument.{kind}")


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
PDF = b"%PDF-1.7\n%\xe2\xe3\n1 0 obj\n<<>>\nendobj\n"
MP3 = b"\xff\xfb\x90\x64" + bytes(100)
M4A = b"\x00\x00\x00\x20ftypM4A \x00\x00\x00\x00" + bytes(50)
MP4 = b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00" + bytes(50)
MOV = b"\x00\x00\x00\x14ftypqt  \x00\x00\x00\x00" + bytes(50)
HEIC = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00" + bytes(50)
OGG = b"OggS\x00\x02" + bytes(50)
WAV = b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(50)
WEBM = b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x84webm" + bytes(50)
EXE = b"MZ\x90\x00" + bytes(100)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!DOCTYPE html><script>alert(1)</script>"
