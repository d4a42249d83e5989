"""The names of curated entities, for whoever lets people look for them. The entry point ``wirecopy.entity_names``."""

from __future__ import annotations

from collections.abc import Mapping

from stream_apps.tagging.alias_files import configured
from wirecopy.settings import TaggingSettings


def entity_names(settings: TaggingSettings) -> Mapping[str, tuple[str, ...]]:
    """By id, each name that is the entity's own, so no ``weakAlias``. Raises ``SettingsError``."""
    return {
        entity.id: tuple(dict.fromkeys(form.text for form, strength in entity.forms() if strength != "weak"))
        for entity in configured(settings.aliases).entities.values()
    }
