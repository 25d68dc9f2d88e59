"""The Celery application. Production runs ``celery -A handoff_project worker``; the embedded shape runs a worker thread."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "handoff_project.settings")

app = Celery("handoff")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["handoffs"])
