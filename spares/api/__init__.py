"""Spare parts for other programs."""
