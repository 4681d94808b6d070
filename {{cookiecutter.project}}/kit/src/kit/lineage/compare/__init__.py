"""Two results held against each other: verdict, causes, replay."""
