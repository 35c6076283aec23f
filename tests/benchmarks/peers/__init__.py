"""The servers that the product is measured beside, and the load client."""
