from django.urls import path

from webchat import api, filedoors, opening, talking, views

urlpatterns = [
    path("chat/<str:key>/", views.chat, name="chat"),
    path("chat/<str:key>/sample/", views.sample, name="sample"),
    path("webchat/session", opening.OpenSession.as_view(), name="session"),
    path("webchat/messages", talking.SayMessage.as_view(), name="messages"),
    path("webchat/retry", talking.RetryMessage.as_view(), name="retry"),
    path("webchat/typing", talking.TellTyping.as_view(), name="typing"),
    path("webchat/mark", talking.TellMark.as_view(), name="mark"),
    path("webchat/end", talking.EndHandover.as_view(), name="end"),
    path("webchat/files", filedoors.Files.as_view(), name="files"),
    path("webchat/files/<uuid:file_id>", filedoors.OneFile.as_view(), name="file"),
    path("webchat/events", api.events, name="events"),
]
