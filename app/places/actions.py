"""What this room gives to imports: its two registers."""

from __future__ import annotations

from app.places import store
from app.places.rules import PLACES as PLACE_REGISTER, ROADS as ROAD_REGISTER
from app.registry.actions import DetailWriter

PLACES: DetailWriter = store.PlaceWriter(PLACE_REGISTER)
ROADS: DetailWriter = store.PlaceWriter(ROAD_REGISTER)
