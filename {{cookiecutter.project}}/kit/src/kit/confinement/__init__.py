"""What the kernel lets a process reach. Nothing here knows stages."""
