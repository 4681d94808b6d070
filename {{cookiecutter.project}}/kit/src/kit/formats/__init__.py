"""File formats: read, checked, digested and edited; nothing here knows a project."""
