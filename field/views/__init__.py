"""The doors of the field app (docs/field.md)."""
