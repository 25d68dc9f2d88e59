"""What an administrator of a real Chatwoot sets in its environment."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Config:
    version: str = "4.18.0"
    allow_private_network: bool = True
    webhook_timeout: float = 5.0
    per_minute: int = 200

    def at_least(self, version: str) -> bool:
        """Whether this server is that release or newer. "4.18" means "4.18.0"."""
        return _numbers(self.version) >= _numbers(version)


def _numbers(version: str) -> tuple[int, ...]:
    found = [int(number) for number in re.findall(r"\d+", version)[:3]]
    return tuple(found + [0] * (3 - len(found)))
