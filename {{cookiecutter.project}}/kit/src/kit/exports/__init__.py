"""A result's lineage in the formats that others read."""
