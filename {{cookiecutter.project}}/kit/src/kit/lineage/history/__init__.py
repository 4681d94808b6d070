"""Git's history of results: revisions, locks, run records, and indexes of them."""
