"""Stands in the way of the real one, which a tool of the tests brings along: the product is run as it is installed."""

raise ImportError("the product needs no rich")
