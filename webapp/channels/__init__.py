"""Small adapters to the world outside. Imported by jobs/sender.py alone, in a process of its own that ends."""
