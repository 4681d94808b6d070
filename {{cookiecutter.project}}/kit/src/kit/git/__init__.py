"""Git: the only room that starts it and knows its formats."""
