from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class ProjectConfig(AppConfig):
    name = "handoff_project"


class HandoffAdminConfig(AdminConfig):
    default_site = "handoffs.admin.site.HandoffAdminSite"
