"""Code that runs in AWS Lambda: one package per function, and what they share in common/."""
