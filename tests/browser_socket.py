"""A browser's side of a WebSocket, spoken straight to the ASGI application. (``channels.testing`` would need daphne.)"""

from __future__ import annotations

import json
from typing import Any

from asgiref.testing import ApplicationCommunicator


class BrowserSocket(ApplicationCommunicator):
    accepted = False
    protocol: str | None = None

    def __init__(self, application: Any, path: str, headers: list[tuple[bytes, bytes]], subprotocols: list[str]) -> None:
        scope = {"type": "websocket", "scheme": "ws", "path": path, "query_string": b"", "headers": headers, "subprotocols": subprotocols}
        super().__init__(application, scope)

    async def open(self) -> None:
        await self.send_input({"type": "websocket.connect"})
        answer = await self.receive_output(timeout=5)
        self.accepted = answer["type"] == "websocket.accept"
        self.protocol = answer.get("subprotocol")

    async def send_text(self, text: str) -> None:
        await self.send_input({"type": "websocket.receive", "text": text})

    async def send_bytes(self, data: bytes) -> None:
        await self.send_input({"type": "websocket.receive", "bytes": data})

    async def send_frame(self, frame: dict[str, Any]) -> None:
        await self.send_text(json.dumps(frame))

    async def frame(self) -> Any:
        output = await self.receive_output(timeout=5)
        assert output["type"] == "websocket.send", output
        return json.loads(output["text"])

    async def close(self) -> None:
        await self.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.wait(timeout=5)
