"""Seals every stored secret with the newest of FIELD_ENCRYPTION_KEYS, after which the older keys may be taken out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Model

from handoffs.sealed import CannotUnseal, Sealed


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        done, closed = 0, []
        for row, field in sealed_fields():
            try:
                done += reseal(row, field)
            except CannotUnseal as error:
                closed.append(f"{row._meta.verbose_name} “{row}”, {field.name}: {error}")
        self.stdout.write(f"{done} secrets are sealed with the newest key now.")
        if closed:
            raise CommandError("\n".join([f"{len(closed)} could not be opened and were left alone:", *closed]))


def sealed_fields() -> Iterator[tuple[Model, Sealed]]:
    """Every stored secret: its row and the attribute it stands in."""
    for model in apps.get_models():
        fields = [attribute for attribute in vars(model).values() if isinstance(attribute, Sealed)]
        for row in model._default_manager.all() if fields else ():
            yield from ((row, field) for field in fields if getattr(row, field.column))


def reseal(row: Model, field: Sealed) -> bool:
    """False when somebody typed a new secret meanwhile: that one is sealed with the newest key already."""
    before = getattr(row, field.column)
    setattr(row, field.name, getattr(row, field.name))
    unchanged = type(row)._default_manager.filter(pk=row.pk, **{field.column: before})
    return bool(unchanged.update(**{field.column: getattr(row, field.column)}))
