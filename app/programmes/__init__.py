"""Programmes: what must be looked at, by whom and how often, and the calendar that it follows."""
