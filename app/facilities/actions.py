"""What this room gives to imports: its two registers."""

from __future__ import annotations

from app.facilities import store
from app.registry.actions import DetailWriter

BUILDINGS: DetailWriter = store.BuildingWriter()
FACILITIES: DetailWriter = store.FacilityWriter()
