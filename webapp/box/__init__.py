"""One box: everything that Dozor needs on one machine, started and stopped together, and kept safe in backups."""
