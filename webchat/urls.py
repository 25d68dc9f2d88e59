from django.urls import path

from webchat import api, views

urlpatterns = [
    path("chat/<str:key>/", views.chat, name="chat"),
    path("chat/<str:key>/sample/", views.sample, name="sample"),
    path("webchat/session", api.OpenSession.as_view(), name="session"),
    path("webchat/messages", api.SayMessage.as_view(), name="messages"),
    path("webchat/retry", api.RetryMessage.as_view(), name="retry"),
    path("webchat/events", api.events, name="events"),
]
