"""Code that runs inside the SageMaker image: training and serving of any model that a contract describes."""
