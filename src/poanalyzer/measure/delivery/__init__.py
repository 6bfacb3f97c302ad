"""Delivery: how changes reach production."""
