"""Git: the only room that starts it and that knows its formats."""
