"""What the exports of process engines have in common, whatever the engine."""
