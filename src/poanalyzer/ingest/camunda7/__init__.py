"""What the rows of Camunda 7's tables mean."""
