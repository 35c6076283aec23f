"""The event hub: takes change events in, keeps where each one ended, fans them out to live sessions.

Imports nothing of `adapters` or `web`.
"""
