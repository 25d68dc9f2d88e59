"""Whether a colour can be read on another one, as WCAG 2.2 counts it. Pure."""

from __future__ import annotations

import re

HEX = re.compile(r"#[0-9a-fA-F]{6}")
# Below this, people with weak eyes cannot read it (1.4.3).
READABLE = 4.5


def contrast(one: str, other: str) -> float:
    """From 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def readable_on(background: str, wanted: str = "") -> str:
    """``wanted`` if it can be read there, else black or white, of which one always can."""
    if HEX.fullmatch(wanted) and contrast(background, wanted) >= READABLE:
        return wanted
    return max(("#ffffff", "#000000"), key=lambda colour: contrast(background, colour))


def unreadable(background: str, text: str) -> str:
    """Why ``text`` is not shown on ``background``, in words; empty if it is."""
    if not (HEX.fullmatch(background) and HEX.fullmatch(text)) or contrast(background, text) >= READABLE:
        return ""
    instead = "white" if readable_on(background) == "#ffffff" else "black"
    # Cut, not rounded: 4.49 is not 4.5.
    ratio = int(contrast(background, text) * 10) / 10
    return f"The text cannot be read on the colour: contrast {ratio}:1, and {READABLE}:1 is needed. Visitors see {instead} text instead."


def luminance(colour: str) -> float:
    red, green, blue = (linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
