"""Redmine's REST API as one person: read, change with read-back, upload, download."""
