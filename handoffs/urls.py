from django.urls import re_path
from django.views.decorators.http import require_POST

from handoffs.views import IncomingWebhook

incoming = require_POST(IncomingWebhook.as_view())

urlpatterns = [
    re_path(r"^incoming-(?P<system>[a-z0-9_]+)/?$", incoming, name="incoming_by_host"),
    re_path(r"^w/(?P<slug>[a-z0-9-]+)/incoming-(?P<system>[a-z0-9_]+)/?$", incoming, name="incoming"),
]
