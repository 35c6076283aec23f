"""The pages of the tickets: who gets them."""

from __future__ import annotations
