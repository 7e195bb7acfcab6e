"""What this room gives to imports: the register of hazards."""

from __future__ import annotations

from app.hazards import store
from app.registry.actions import DetailWriter

HAZARDS: DetailWriter = store.HazardWriter()
