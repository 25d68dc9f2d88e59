from channels.generic.websocket import AsyncWebsocketConsumer
from django.urls import path, re_path

from webchat.consumers import ChatConsumer

SOCKET_PATH = "webchat/socket"


class Nowhere(AsyncWebsocketConsumer):  # type: ignore[misc]
    """Any other path is refused in the handshake, as a 403, instead of raising in the router."""

    async def connect(self) -> None:
        await self.close()


websocket_urlpatterns = [path(SOCKET_PATH, ChatConsumer.as_asgi()), re_path("", Nowhere.as_asgi())]
