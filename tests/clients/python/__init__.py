"""The Python client, by values, against a scripted hub, and against the product."""
