"""Pictures, drawn anew: what a camera wrote beside them (where, when, by whom) does not go along, and neither does what hides in a file."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from PIL import Image, ImageOps
from PIL.JpegImagePlugin import JpegImageFile, get_sampling

from handoffs.files.refusal import NotTaken

FORMATS = ("JPEG", "PNG", "GIF", "WEBP")
# A few kilobytes can unfold to gigabytes.
MOST_PIXELS = 50_000_000
MOST_PIXELS_MOVING = 100_000_000
MOST_FRAMES = 500
MOVING = ("GIF", "PNG", "WEBP")
QUALITY = 90
# Each may take some hundred megabytes of memory for a moment.
at_once = threading.BoundedSemaphore(2)


@dataclass(frozen=True)
class Picture:
    content: bytes = field(repr=False)
    width: int
    height: int


def redrawn(content: bytes) -> Picture:
    """The picture in its own format, upright, without anything else. Raises ``NotTaken``."""
    try:
        with at_once, Image.open(BytesIO(content), formats=FORMATS) as picture:
            return drawn(picture)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise too_many_pixels() from None
    except NotTaken:
        raise
    except Exception:
        # Whatever the decoder stumbles over: it is not a picture then.
        raise NotTaken("bad_type", "This picture cannot be read.") from None


def drawn(picture: Image.Image) -> Picture:
    if picture.width * picture.height > MOST_PIXELS:
        raise too_many_pixels()
    if picture.format in MOVING and (frames := frames_of(picture)) > 1:
        return moving(picture, frames)
    upright = ImageOps.exif_transpose(picture)
    upright.info = {name: upright.info[name] for name in ("icc_profile", "transparency") if name in upright.info}
    profile = upright.info.get("icc_profile")
    if not isinstance(picture, JpegImageFile):
        return saved(upright, str(picture.format), icc_profile=profile, quality=QUALITY, method=2)
    if upright.mode not in ("L", "RGB"):
        return saved(upright.convert("RGB"), "JPEG", quality=QUALITY)
    # As coarse as it was: hardly anything is lost, and it does not grow.
    return saved(upright, "JPEG", icc_profile=profile, qtables=list(picture.quantization.values()), subsampling=get_sampling(picture))


def frames_of(picture: Image.Image) -> int:
    """Counting them reads them all, so it is seen first whether there are too many."""
    try:
        picture.seek(MOST_FRAMES)
    except EOFError:
        picture.seek(0)
        return int(getattr(picture, "n_frames", 1))
    raise NotTaken("too_large", f"This picture moves for too long; it may have {MOST_FRAMES} frames.")


def moving(picture: Image.Image, frames: int) -> Picture:
    if picture.width * picture.height * frames > MOST_PIXELS_MOVING:
        raise too_many_pixels()
    return saved(picture, str(picture.format), save_all=True, comment=b"", exif=b"", xmp=b"")


def saved(picture: Image.Image, kind: str, **how: Any) -> Picture:
    drawn = BytesIO()
    picture.save(drawn, kind, **how)
    return Picture(drawn.getvalue(), picture.width, picture.height)


def too_many_pixels() -> NotTaken:
    return NotTaken("too_large", "This picture has too many pixels; please make it smaller.")
