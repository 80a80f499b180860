"""What `make bench` measures, one module a section, each next to the floor that it stands on."""
