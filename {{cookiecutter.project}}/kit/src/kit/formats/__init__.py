"""File formats: reading, checking, hashing and editing them. Nothing here knows projects."""
