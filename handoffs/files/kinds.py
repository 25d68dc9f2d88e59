"""What a file is, by what is in it. Its name and what was said of it must agree. Pure."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO

from handoffs.files import pictures
from handoffs.files.names import extension_of, harmless
from handoffs.files.refusal import NotTaken

BINARY = "application/octet-stream"
UNSAID = ("", BINARY)
ALLOWED = (
    "Pictures (JPEG, PNG, GIF, WebP), PDF, text, CSV, Office and OpenDocument files, sound (MP3, M4A, OGG, WAV) and video (MP4, MOV, WebM)"
)
MOST_MEMBERS = 5000

CONTROL = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")
# What another program would read as more than words.
PROGRAM = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:#!|<(?:[?!]|html|head|body|script|svg|math)|\{\\rtf|%!ps)", re.IGNORECASE)
EXECUTABLE = (
    b"MZ",
    b"\x7fELF",
    b"\xca\xfe\xba\xbe",
    b"\xfe\xed\xfa",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
    b"L\x00\x00\x00\x01\x14\x02\x00",
)
DANGEROUS = re.compile(
    r"a[dp]p|ade|apk|app|appx|bash|bat|cab|chm|class|cmd|com|command|cpl|deb|desktop|diagcab|dll|dmg|docm|dotm|exe|gadget|hta|html?"
    r"|img|inf|iqy|iso|jar|jnlp|jse?|lnk|mht|mhtml|mjs|ms[cip]|msix|mst|pif|pkg|potm|ppam|ppsm|pptm|psm?1|py|rb|rdp|reg|rpm|scf|scr|sh|shtml|sldm"
    r"|slk|svgz?|swf|sylk|theme|url|vb|vb[es]|vhdx?|webloc|website|wine|ws[cfh]?|xhtm?l?|xlam?|xll|xlm|xls[bm]|xltm|xml|xslt?|zsh"
)


@dataclass(frozen=True)
class Kind:
    """A type we pass on. ``also``: what browsers and desks call it as well."""

    type: str
    group: str
    extensions: tuple[str, ...]
    is_it: Callable[[bytes], bool]
    also: tuple[str, ...] = ()

    def is_called(self, said: str) -> bool:
        return said in UNSAID or said == self.type or said in self.also


@dataclass(frozen=True)
class Checked:
    """A file as it is kept and passed on."""

    name: str
    type: str
    group: str
    content: bytes = field(repr=False)
    width: int | None = None
    height: int | None = None


def starts(*heads: bytes) -> Callable[[bytes], bool]:
    return lambda content: content.startswith(heads)


def riff(form: bytes) -> Callable[[bytes], bool]:
    return lambda content: content.startswith(b"RIFF") and content[8:12] == form


def is_text(content: bytes) -> bool:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        content = content.decode("utf-16", "replace").encode()
    return bool(content.strip()) and not CONTROL.search(content) and not PROGRAM.match(content)


def is_mp3(content: bytes) -> bool:
    """A tag in front, or the first frame of layer III."""
    return content.startswith(b"ID3") or (len(content) > 2 and content[0] == 0xFF and content[1] & 0xE6 == 0xE2)


def is_mp4(content: bytes) -> bool:
    """The family has pictures as well, told by the brand."""
    return content[4:8] == b"ftyp" and content[8:12] not in (
        b"heic",
        b"heix",
        b"hevc",
        b"hevx",
        b"mif1",
        b"msf1",
        b"avif",
        b"avis",
        b"crx ",
    )


def is_quicktime(content: bytes) -> bool:
    return content[4:12] == b"ftypqt  " or content[4:8] in (b"moov", b"mdat", b"wide")


def is_webm(content: bytes) -> bool:
    return content.startswith(b"\x1aE\xdf\xa3") and b"webm" in content[:64]


def is_ooxml(part: str) -> Callable[[bytes], bool]:
    """A package with this part, and without macros."""

    def is_it(content: bytes) -> bool:
        names = members(content)
        main = any(name.startswith(f"{part}/") for name in names)
        return main and "[Content_Types].xml" in names and not any(name.lower().endswith("vbaproject.bin") for name in names)

    return is_it


def is_opendocument(kind: str) -> Callable[[bytes], bool]:
    """The type stands right at the beginning, uncompressed. Without macros."""
    head = b"mimetypeapplication/vnd.oasis.opendocument." + kind.encode() + b"PK"

    def is_it(content: bytes) -> bool:
        return content[30:].startswith(head) and not any(name.startswith(("Basic/", "Scripts/")) for name in members(content))

    return is_it


def members(content: bytes) -> list[str]:
    """The names in a ZIP; of what is none, or has unreasonably many, there are none. Nothing is unpacked."""
    if not content.startswith(b"PK\x03\x04") or content.count(b"PK\x01\x02") > MOST_MEMBERS:
        return []
    try:
        with zipfile.ZipFile(BytesIO(content)) as package:
            return package.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return []


OLE = starts(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
OOXML = "application/vnd.openxmlformats-officedocument."
ODF = "application/vnd.oasis.opendocument."
KINDS = (
    Kind("image/jpeg", "image", ("jpg", "jpeg", "jfif"), starts(b"\xff\xd8\xff"), ("image/jpg", "image/pjpeg")),
    Kind("image/png", "image", ("png",), starts(b"\x89PNG\r\n\x1a\n")),
    Kind("image/gif", "image", ("gif",), starts(b"GIF87a", b"GIF89a")),
    Kind("image/webp", "image", ("webp",), riff(b"WEBP")),
    Kind("application/pdf", "file", ("pdf",), starts(b"%PDF-"), ("application/x-pdf",)),
    Kind("application/msword", "file", ("doc",), OLE),
    Kind("application/vnd.ms-excel", "file", ("xls",), OLE),
    Kind("application/vnd.ms-powerpoint", "file", ("ppt",), OLE),
    Kind(f"{OOXML}wordprocessingml.document", "file", ("docx",), is_ooxml("word")),
    Kind(f"{OOXML}spreadsheetml.sheet", "file", ("xlsx",), is_ooxml("xl")),
    Kind(f"{OOXML}presentationml.presentation", "file", ("pptx",), is_ooxml("ppt")),
    Kind(f"{ODF}text", "file", ("odt",), is_opendocument("text")),
    Kind(f"{ODF}spreadsheet", "file", ("ods",), is_opendocument("spreadsheet")),
    Kind("audio/mpeg", "audio", ("mp3",), is_mp3, ("audio/mp3", "audio/x-mpeg")),
    Kind("audio/mp4", "audio", ("m4a",), is_mp4, ("audio/x-m4a", "audio/m4a", "audio/aac")),
    Kind("audio/ogg", "audio", ("ogg", "oga", "opus"), starts(b"OggS"), ("application/ogg", "audio/opus", "video/ogg")),
    Kind("audio/wav", "audio", ("wav",), riff(b"WAVE"), ("audio/x-wav", "audio/wave", "audio/vnd.wave")),
    Kind("video/mp4", "video", ("mp4", "m4v"), is_mp4, ("video/x-m4v",)),
    Kind("video/quicktime", "video", ("mov", "qt"), is_quicktime),
    Kind("video/webm", "video", ("webm",), is_webm),
    Kind("audio/webm", "audio", ("webm", "weba"), is_webm),
    # What is in these says nothing, so they need their name or their type.
    Kind(
        "text/csv", "file", ("csv",), is_text, ("application/csv", "text/comma-separated-values", "application/vnd.ms-excel", "text/plain")
    ),
    Kind("text/plain", "file", ("txt", "log"), is_text),
)
TYPES = sorted({name for kind in KINDS for name in (kind.type, *kind.also)})
PICTURES = tuple(kind for kind in KINDS if kind.group == "image")


def checked(name: str, said: str, content: bytes) -> Checked:
    """A file as we pass it on. ``said``: the type it was called. Raises ``NotTaken``."""
    kind = recognised(extension_of(name), said.partition(";")[0].strip().lower(), content)
    if kind is None:
        raise NotTaken("bad_type", f"This file cannot be sent. {ALLOWED} can.")
    if kind in PICTURES:
        return drawn_anew(name, kind, content)
    return Checked(harmless(name, kind.extensions), kind.type, kind.group, content)


def checked_picture(name: str, content: bytes) -> Checked:
    """A picture, whatever it is called. Raises ``NotTaken``."""
    if picture := picture_kind(content):
        return drawn_anew(name, picture, content)
    raise NotTaken("bad_type", "This is not a picture that can be shown.")


def drawn_anew(name: str, kind: Kind, content: bytes) -> Checked:
    drawn = pictures.redrawn(content)
    return Checked(harmless(name, kind.extensions), kind.type, kind.group, drawn.content, drawn.width, drawn.height)


def picture_kind(content: bytes) -> Kind | None:
    return next((kind for kind in PICTURES if kind.is_it(content)), None)


def recognised(extension: str, said: str, content: bytes) -> Kind | None:
    """A picture is known by what is in it, whatever kind of picture it was called: programs often mix them up, and it is drawn anew."""
    if picture := picture_kind(content):
        return picture if called_picture(extension, said) else None
    called = (kind for kind in KINDS if kind not in PICTURES and kind.is_called(said) and agrees(kind, extension, said))
    return next((kind for kind in called if kind.is_it(content)), None)


def called_picture(extension: str, said: str) -> bool:
    named = not extension or any(extension in kind.extensions for kind in PICTURES)
    return named and any(kind.is_called(said) for kind in PICTURES)


def agrees(kind: Kind, extension: str, said: str) -> bool:
    """Without an extension, the type must be said."""
    return extension in kind.extensions if extension else said not in UNSAID


def checked_for_visitors(name: str, said: str, content: bytes) -> Checked:
    """What an agent sends: what we do not know is something to save, unless it is dangerous to open. Raises ``NotTaken``."""
    try:
        return checked(name, said, content)
    except NotTaken:
        if is_dangerous(name, content):
            raise NotTaken("bad_type", "Files of this type are not passed on to visitors.") from None
        return Checked(harmless(name), BINARY, "file", content)


def is_dangerous(name: str, content: bytes) -> bool:
    """By the name under which it would be saved, which may have lost an ending that was none."""
    dangerous = DANGEROUS.fullmatch(extension_of(harmless(name)))
    return dangerous is not None or content.startswith(EXECUTABLE) or PROGRAM.match(content) is not None
