"""A session with a client: an engagement open, edited, saved and shown."""
