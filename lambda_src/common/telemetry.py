"""Structured logs and embedded metrics.

Traces come from the function's active tracing. The X-Ray SDK is left out on purpose: it brings its own
botocore into the bundle, which then hides the runtime's and no longer fits the runtime's boto3.
"""

from aws_lambda_powertools import Logger, Metrics

NAMESPACE = "MLOps"

logger = Logger()
metrics = Metrics(namespace=NAMESPACE)
