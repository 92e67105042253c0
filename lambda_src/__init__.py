"""What runs in AWS Lambda: one package per function, and what they share in common/."""
