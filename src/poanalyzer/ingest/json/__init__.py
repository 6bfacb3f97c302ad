"""JSON documents, as engines' interfaces and exporters write them, as Ibis tables."""
