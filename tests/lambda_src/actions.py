"""IAM actions that each Lambda function uses, and on what: the stacks grant exactly these.

Not listed, because every function has them through its construct: its own log group, X-Ray and,
inside the VPC, the network interfaces.
"""

DATA_KEY = "the platform's key, where the environment has one"
RUN_TABLE = "the run table"
CONTRACTS = "the archive of contracts in the asset bucket"

GRANTS: dict[str, dict[str, str]] = {
    "starter": {
        "sqs:ReceiveMessage": "the starter's queue",
        "sqs:DeleteMessage": "the starter's queue",
        "sqs:GetQueueAttributes": "the starter's queue",
        "dynamodb:GetItem": RUN_TABLE,
        "dynamodb:UpdateItem": RUN_TABLE,
        "ssm:GetParameter": "parameter/<prefix>/models/*",
        "ssm:GetParametersByPath": "parameter/<prefix>/models",
        "states:StartExecution": "the training and deployment machines (granted in StepFunctions)",
        "states:DescribeExecution": "the executions of the training machine (granted in StepFunctions)",
    },
    "write_manifest": {
        "s3:ListBucketVersions": "the data bucket, prefixes raw/ and holdout/",
        "s3:GetObject": CONTRACTS,
        "s3:PutObject": "data bucket runs/*",
        "dynamodb:Query": RUN_TABLE,
        "kms:Decrypt": DATA_KEY,
        "kms:GenerateDataKey": DATA_KEY,
    },
    "gate": {
        "s3:GetObject": "data bucket runs/*",
        "s3:GetObjectVersion": "data bucket raw/*, holdout/*",
        "s3:PutObject": "data bucket reports/*",
        "kms:Decrypt": DATA_KEY,
        "kms:GenerateDataKey": DATA_KEY,
    },
    "validate_data": {
        "s3:ListBucket": "the data bucket, prefixes raw/, holdout/, clean/, heldout/, evaluation/, quarantine/,"
        " reports/",
        "s3:GetObject": (
            "data bucket runs/*, raw/*, holdout/* (HEAD), clean/*, heldout/*, evaluation/*, quarantine/*, reports/*"
        ),
        "s3:GetObjectVersion": "data bucket raw/*, holdout/*",
        "s3:PutObject": "data bucket runs/*, reports/*",
        "dynamodb:Query": RUN_TABLE,
        "dynamodb:BatchWriteItem": RUN_TABLE,
        "kms:Decrypt": DATA_KEY,
        "kms:GenerateDataKey": DATA_KEY,
    },
    "evaluate_model": {
        "s3:ListBucket": "the data bucket, prefix evaluation/",
        "s3:GetObject": "data bucket evaluation/*, runs/*",
        "s3:PutObject": "data bucket reports/*",
        "kms:Decrypt": DATA_KEY,
        "kms:GenerateDataKey": DATA_KEY,
    },
    "golden_requests": {
        "s3:ListBucket": "the data bucket, prefix evaluation/",
        "s3:GetObject": "data bucket evaluation/*/features/*; models bucket *",
        "sagemaker:InvokeEndpoint": "endpoint/<prefix>-*",
        "kms:Decrypt": DATA_KEY,
    },
    "notifier": {
        "states:DescribeExecution": "the executions of both machines",
        "states:GetExecutionHistory": "the executions of both machines",
        "logs:FilterLogEvents": "log groups /aws/sagemaker/TrainingJobs and /aws/sagemaker/TransformJobs",
        "ssm:GetParameter": "parameter/<prefix>/models/*",
        "ssm:GetParametersByPath": "parameter/<prefix>/models",
        "sns:Publish": "the topic",
        "dynamodb:PutItem": f"{RUN_TABLE}, partition #notifications",
        "dynamodb:UpdateItem": f"{RUN_TABLE}, partition #notifications",
        "dynamodb:DeleteItem": f"{RUN_TABLE}, partition #notifications",
        "kms:Decrypt": DATA_KEY,
        "kms:GenerateDataKey": DATA_KEY,
    },
    "teardown": {
        "events:ListRules": "* (no resource level)",
        "events:DisableRule": "rule/<prefix>-*",
        "lambda:ListEventSourceMappings": "* (no resource level)",
        "lambda:UpdateEventSourceMapping": "event-source-mapping:*, condition lambda:FunctionArn <prefix>-*",
        "lambda:InvokeFunction": "itself",
        "states:ListStateMachines": "* (no resource level)",
        "states:ListExecutions": "stateMachine:<prefix>-*",
        "states:StopExecution": "execution:<prefix>-*",
        "sagemaker:ListTrainingJobs": "*",
        "sagemaker:StopTrainingJob": "training-job/<prefix>-*",
        "sagemaker:ListTransformJobs": "*",
        "sagemaker:StopTransformJob": "transform-job/<prefix>-*",
        "application-autoscaling:DescribeScalableTargets": "*",
        "application-autoscaling:DeregisterScalableTarget": "*",
        "cloudwatch:DescribeAlarms": "*",
        "cloudwatch:DeleteAlarms": "alarm:<prefix>-*",
        "sagemaker:ListEndpoints": "*",
        "sagemaker:DeleteEndpoint": "endpoint/<prefix>-*",
        "sagemaker:ListEndpointConfigs": "*",
        "sagemaker:DeleteEndpointConfig": "endpoint-config/<prefix>-*",
        "sagemaker:ListModels": "*",
        "sagemaker:DeleteModel": "model/<prefix>-*",
        "sagemaker:ListModelPackageGroups": "*",
        "sagemaker:ListModelPackages": "*",
        "sagemaker:DeleteModelPackage": "model-package/<prefix>-* (only with DeleteRegistry)",
        "sagemaker:ListApps": "* (only with DomainId)",
        "sagemaker:DeleteApp": "app/<domain id>/* (only with DomainId)",
        "sagemaker:ListSpaces": "* (only with DomainId)",
        "sagemaker:DeleteSpace": "space/<domain id>/* (only with DomainId)",
        "sagemaker:ListUserProfiles": "* (only with DeleteDomain)",
        "sagemaker:DeleteUserProfile": "user-profile/<domain id>/* (only with DeleteDomain)",
        "sagemaker:ListDomains": "* (only with DeleteDomain)",
        "sagemaker:DeleteDomain": "domain/<domain id> (only with DeleteDomain)",
        "sagemaker:DescribeDomain": "domain/<domain id> (only with KeepHomes)",
        "elasticfilesystem:DescribeMountTargets": "file-system/*, by the domain's tag (only with KeepHomes)",
        "elasticfilesystem:DeleteMountTarget": "file-system/*, by the domain's tag (only with KeepHomes)",
        "ec2:DeleteNetworkInterface": "network-interface/*, by the subnets (only with KeepHomes; EFS asks for it)",
        "ec2:DescribeNetworkInterfaces": "*",
        "ec2:DescribeSecurityGroups": "* (only with DeleteDomain)",
        "ec2:RevokeSecurityGroupIngress": "security-group/* (only with DeleteDomain)",
        "ec2:RevokeSecurityGroupEgress": "security-group/* (only with DeleteDomain)",
        "ec2:DeleteSecurityGroup": "security-group/* (only with DeleteDomain)",
        "s3:ListBucketVersions": "the buckets of BucketNames",
        "s3:ListBucketMultipartUploads": "the buckets of BucketNames",
        "s3:AbortMultipartUpload": "objects of the buckets of BucketNames",
        "s3:DeleteObject": "objects of the buckets of BucketNames",
        "s3:DeleteObjectVersion": "objects of the buckets of BucketNames",
        "ecr:ListImages": "the repositories of RepositoryNames",
        "ecr:BatchDeleteImage": "the repositories of RepositoryNames",
    },
}

ACTIONS: dict[str, frozenset[str]] = {function: frozenset(actions) for function, actions in GRANTS.items()}

# ResourceProperties of the teardown resource (all strings or lists of strings, as CloudFormation sends them):
#   NamePrefix       required, "mlops-<stage>": rules, event source mappings, machines, endpoints, configs, models,
#                    jobs and guard alarms are found by "<NamePrefix>-", so no list of them is needed
#   SecurityGroupIds list: Delete waits until no network interface is left in them
#   BucketNames      list: emptied, all versions
#   RepositoryNames  list: images deleted
#   DeleteRegistry   "true": model package versions of groups "<NamePrefix>-*" are deleted
#   DomainId         "" or the Studio domain: its apps and spaces are deleted
#   DeleteDomain     "true": user profiles, the domain itself with its file system, and its NFS security groups too
#   KeepHomes        "true": the domain's file system stays, without the mount targets that would hold the network
