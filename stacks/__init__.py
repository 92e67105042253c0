"""One file per module of the platform. Stacks meet only in app.py."""
