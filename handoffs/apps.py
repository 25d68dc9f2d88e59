from django.apps import AppConfig

from handoffs import checks


class HandoffsConfig(AppConfig):
    name = "handoffs"
    verbose_name = "Handoff"

    def ready(self) -> None:
        checks.register_all()
