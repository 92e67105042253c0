"""The optimised integrations of this emulation, and the fields that Step Functions accepts for each of them."""

from __future__ import annotations

from typing import Any

FieldTree = dict[str, Any]

ANY: FieldTree = {}
CHANNEL: FieldTree = {
    "ChannelName": ANY,
    "CompressionType": ANY,
    "ContentType": ANY,
    "DataSource": {
        "S3DataSource": {"S3DataType": ANY, "S3Uri": ANY, "S3DataDistributionType": ANY, "AttributeNames": ANY}
    },
    "InputMode": ANY,
    "RecordWrapperType": ANY,
    "ShuffleConfig": ANY,
}
TRAINING_JOB: FieldTree = {
    "AlgorithmSpecification": {
        "AlgorithmName": ANY,
        "MetricDefinitions": {"Name": ANY, "Regex": ANY},
        "TrainingImage": ANY,
        "TrainingInputMode": ANY,
    },
    "EnableNetworkIsolation": ANY,
    "Environment": ANY,
    "HyperParameters": ANY,
    "InputDataConfig": CHANNEL,
    "OutputDataConfig": {"KmsKeyId": ANY, "S3OutputPath": ANY},
    "ResourceConfig": {"InstanceCount": ANY, "InstanceType": ANY, "VolumeKmsKeyId": ANY, "VolumeSizeInGB": ANY},
    "RoleArn": ANY,
    "StoppingCondition": {"MaxRuntimeInSeconds": ANY},
    "Tags": {"Key": ANY, "Value": ANY},
    "TrainingJobName": ANY,
    "VpcConfig": {"SecurityGroupIds": ANY, "Subnets": ANY},
}
TRANSFORM_JOB: FieldTree = {
    "BatchStrategy": ANY,
    "DataProcessing": {"InputFilter": ANY, "JoinSource": ANY, "OutputFilter": ANY},
    "Environment": ANY,
    "MaxConcurrentTransforms": ANY,
    "MaxPayloadInMB": ANY,
    "ModelClientConfig": {"InvocationsMaxRetries": ANY, "InvocationsTimeoutInSeconds": ANY},
    "ModelName": ANY,
    "Tags": {"Key": ANY, "Value": ANY},
    "TransformInput": {
        "CompressionType": ANY,
        "ContentType": ANY,
        "DataSource": {"S3DataSource": {"S3DataType": ANY, "S3Uri": ANY}},
        "SplitType": ANY,
    },
    "TransformJobName": ANY,
    "TransformOutput": {"Accept": ANY, "AssembleWith": ANY, "KmsKeyId": ANY, "S3OutputPath": ANY},
    "TransformResources": {"InstanceCount": ANY, "InstanceType": ANY, "VolumeKmsKeyId": ANY},
}
MODEL: FieldTree = {
    "Containers": ANY,
    "EnableNetworkIsolation": ANY,
    "ExecutionRoleArn": ANY,
    "ModelName": ANY,
    "PrimaryContainer": ANY,
    "Tags": {"Key": ANY, "Value": ANY},
    "VpcConfig": {"SecurityGroupIds": ANY, "Subnets": ANY},
}
JOB_RUN: FieldTree = {
    "AllocatedCapacity": ANY,
    "Arguments": ANY,
    "JobName": ANY,
    "JobRunId": ANY,
    "MaxCapacity": ANY,
    "NotificationProperty": {"NotifyDelayAfter": ANY},
    "NumberOfWorkers": ANY,
    "SecurityConfiguration": ANY,
    "Timeout": ANY,
    "WorkerType": ANY,
}
# service:action -> (whether .sync exists, the accepted fields; None: every field of the API).
OPTIMISED: dict[str, tuple[bool, FieldTree | None]] = {
    "dynamodb:deleteItem": (False, None),
    "dynamodb:getItem": (False, None),
    "dynamodb:putItem": (False, None),
    "dynamodb:updateItem": (False, None),
    "events:putEvents": (False, None),
    "glue:startJobRun": (True, JOB_RUN),
    "lambda:invoke": (
        False,
        {
            "ClientContext": ANY,
            "FunctionName": ANY,
            "InvocationType": ANY,
            "LogType": ANY,
            "Payload": ANY,
            "Qualifier": ANY,
        },
    ),
    "sagemaker:createModel": (False, MODEL),
    "sagemaker:createTrainingJob": (True, TRAINING_JOB),
    "sagemaker:createTransformJob": (True, TRANSFORM_JOB),
    "sns:publish": (False, None),
    "sqs:sendMessage": (False, None),
}
