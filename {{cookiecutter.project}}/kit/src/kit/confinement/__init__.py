"""The walls around a process: what the kernel lets it reach. Knows no stage."""
