"""The product as people run it: its own process, real peers, real browsers. Nothing in here reaches into the product."""
