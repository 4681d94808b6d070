"""Whether results and their records can be relied on."""
