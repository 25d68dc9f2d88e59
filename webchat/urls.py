from django.urls import path

from webchat import api, drafts, filedoors, opening, pictures, talking, telling, views

urlpatterns = [
    path("chat/<str:key>/", views.chat, name="chat"),
    path("chat/<str:key>/look.mjs", views.launcher, name="look"),
    path("chat/<str:key>/peek/", views.peek, name="peek"),
    path("chat/<str:key>/sample/", views.sample, name="sample"),
    path("chat/<str:key>/draft/", drafts.draft, name="draft"),
    path("chat/<str:key>/pictures/<uuid:picture_id>", pictures.picture, name="picture"),
    path("webchat/session", opening.OpenSession.as_view(), name="session"),
    path("webchat/messages", talking.SayMessage.as_view(), name="messages"),
    path("webchat/retry", talking.RetryMessage.as_view(), name="retry"),
    path("webchat/typing", talking.TellTyping.as_view(), name="typing"),
    path("webchat/mark", talking.TellMark.as_view(), name="mark"),
    path("webchat/end", talking.EndHandover.as_view(), name="end"),
    path("webchat/identify", telling.Identify.as_view(), name="identify"),
    path("webchat/attributes", telling.SetAttributes.as_view(), name="attributes"),
    path("webchat/files", filedoors.Files.as_view(), name="files"),
    path("webchat/files/<uuid:file_id>", filedoors.OneFile.as_view(), name="file"),
    path("webchat/events", api.events, name="events"),
]
