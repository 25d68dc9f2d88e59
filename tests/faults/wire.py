"""HTTP for the rig's people: one request a connection, nothing believed but a complete answer."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

HOST = "127.0.0.1"


class NoAnswer(Exception):
    """The connection ended, or the time was over, before the whole answer was there."""


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any
    raw: str


async def ask(
    port: int, method: str, path: str, body: object = None, headers: dict[str, str] | None = None, patience: float = 10
) -> Answer:
    try:
        async with asyncio.timeout(patience):
            return await exchange(port, request(port, method, path, body, headers or {}))
    except (OSError, EOFError, ValueError, TimeoutError) as error:
        raise NoAnswer(f"{method} {path}: {type(error).__name__}") from error


def request(port: int, method: str, path: str, body: object, headers: dict[str, str]) -> bytes:
    payload = b"" if body is None else json.dumps(body).encode()
    lines = {"Host": f"localhost:{port}", "Connection": "close", "Content-Length": str(len(payload)), "Content-Type": "application/json"}
    head = "".join(f"{name}: {value}\r\n" for name, value in {**lines, **headers}.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + payload


async def exchange(port: int, sent: bytes) -> Answer:
    reader, writer = await asyncio.open_connection(HOST, port, limit=4 * 1024 * 1024)
    try:
        writer.write(sent)
        await writer.drain()
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        raw = await read_body(reader, headers)
        return Answer(int(head[0].split()[1]), parsed(raw, headers), raw.decode("utf-8", "replace"))
    finally:
        writer.transport.abort()


async def read_body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if "content-length" in headers:
        return await reader.readexactly(int(headers["content-length"]))
    body = b""
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    return body


def parsed(raw: bytes, headers: dict[str, str]) -> Any:
    return json.loads(raw) if "json" in headers.get("content-type", "") and raw else None
