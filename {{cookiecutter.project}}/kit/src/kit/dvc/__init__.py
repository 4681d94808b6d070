"""DVC's formats and internals (3.67.1): the only room that knows them."""
