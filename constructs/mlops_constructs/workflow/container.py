"""Environment variables of the image in a training job, a model and a model package."""

# The image's toolkit runs `pip install .` on our code at every start. pip reads NO_BUILD_ISOLATION the wrong way
# round: "0" is what lets it use the setuptools of the image instead of fetching one from an index.
OFFLINE = {"PIP_NO_BUILD_ISOLATION": "0", "PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}

SERVING = {
    **OFFLINE,
    "SAGEMAKER_PROGRAM": "inference.py",
    "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
    "SAGEMAKER_MODEL_SERVER_TIMEOUT": "60",
    "SAGEMAKER_CONTAINER_LOG_LEVEL": "20",
}

CONTENT_TYPES = ["application/json", "application/jsonlines", "text/csv"]
ANSWER_TYPES = ["application/json", "application/jsonlines"]
JSON_LINES = "application/jsonlines"
