"""What Git's history says of results: revisions, locks, run records, and indexes of them."""
