"""Foreign keys obey the layers of the house; import-linter cannot see keys given as strings."""

import pytest
from django.apps import apps
from django.conf import settings
from django.db.models import Field, Model

# Highest first; apps on one line do not know each other.
LAYERS = [
    {"servicedesk"},
    {"reports"},
    {"field"},
    {"inspections", "meetings"},
    {"tickets"},
    {"spares", "warranty", "knowledge", "visits"},
    {"sla"},
    {"devices", "notifications"},
    {"attachments"},
    {"people"},
    {"audit"},
    {"common"},
]
HEIGHT = {app: -index for index, layer in enumerate(LAYERS) for app in layer}


def points_up(field: "Field[object, object]") -> bool:
    """Whether a relation leads to an app on the same line or above."""
    source, target = field.model, field.related_model
    assert isinstance(target, type)
    assert issubclass(target, Model)
    here, there = source._meta.app_label, target._meta.app_label
    if here == there or there not in HEIGHT:
        return False
    # Whoever does something is a person: the one key that may point up.
    if here == "audit" and target._meta.label == settings.AUTH_USER_MODEL:
        return False
    return HEIGHT[there] >= HEIGHT[here]


def our_models() -> list[type[Model]]:
    return [model for model in apps.get_models() if model._meta.app_label in HEIGHT]


@pytest.mark.parametrize("model", our_models(), ids=lambda model: model._meta.label)
def test_foreign_keys_point_down(model: type[Model]) -> None:
    relations = [field for field in model._meta.get_fields() if isinstance(field, Field) and field.is_relation]
    assert [field.name for field in relations if points_up(field)] == []


def test_every_app_of_the_project_has_a_layer() -> None:
    ours = {
        config.label
        for config in apps.get_app_configs()
        if str(settings.BASE_DIR) in config.path and ".venv" not in config.path
    }
    assert ours <= set(HEIGHT)


def test_common_and_servicedesk_have_no_tables() -> None:
    assert [model for model in our_models() if model._meta.app_label in {"common", "servicedesk"}] == []
