"""This machine: processor, memory, graphics cards, and where caches lie."""
