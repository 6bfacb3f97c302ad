"""GitHub's answers about deployments, workflow runs and jobs: what they say about the delivery of processes."""
