"""What Camunda 8 gives out: exporter records, answers of its interfaces, and Optimize's raw data."""
