"""What is wrong, or cannot be known, with the lineage of a revision."""
