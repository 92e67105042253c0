"""The documentation is true: generated pages are fresh, links lead somewhere, every alarm has its page."""
