"""The outermost layer: HTTP routes, the WebSocket endpoint, settings, and the start-up that knows every area."""
