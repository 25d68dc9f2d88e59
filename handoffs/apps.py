from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules

from handoffs import checks


class HandoffsConfig(AppConfig):
    name = "handoffs"
    verbose_name = "Handoff"

    def ready(self) -> None:
        checks.register_all()
        # Celery would load the tasks in workers only; a web process that does not know them cannot nudge.
        autodiscover_modules("tasks")
