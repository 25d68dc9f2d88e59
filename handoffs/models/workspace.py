from django.core.validators import RegexValidator
from django.db import models

host_label = RegexValidator(
    r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z", "Use lower-case letters, digits and hyphens: it becomes the first part of a host name."
)


class Workspace(models.Model):
    """A tenant: its own host name (``<slug>.<HANDOFF_HOST>``), scenarios and people."""

    slug = models.CharField("host name", max_length=63, unique=True, validators=[host_label], help_text="acme answers at acme.example.com.")
    name = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
