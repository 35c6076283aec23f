"""The server's outer part."""
