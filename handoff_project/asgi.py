import os

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "handoff_project.settings")

django_application = get_asgi_application()

# Only now: the consumers need the models, which need Django set up.
from handoff_project.doors import LimitBody  # noqa: E402
from webchat.routing import websocket_urlpatterns  # noqa: E402

http = LimitBody(django_application)  # type: ignore[arg-type]  # Django types its scope as a dict
application = ProtocolTypeRouter({"http": http, "websocket": URLRouter(websocket_urlpatterns)})
