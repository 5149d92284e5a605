"""Dozor on the web: the app, its services and queries, its pages, API and sockets."""
