"""This machine: processor, memory, graphics cards, and the folders of caches."""
