from __future__ import annotations


class NotTaken(Exception):
    """A file that is not taken. ``detail`` is a sentence for whoever sent it."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail
