"""The members of operations that are played. A member that is not here is refused, never left out silently."""

from __future__ import annotations

_PAGE = "NextToken MaxResults"
_LIST = f"{_PAGE} SortBy SortOrder NameContains CreationTimeAfter CreationTimeBefore"
_TIMES = "LastModifiedTimeAfter LastModifiedTimeBefore"
_CONTAINER = "ContainerHostname Image Mode ModelDataUrl Environment ModelPackageName"
_CHANNEL = "ChannelName ContentType CompressionType RecordWrapperType InputMode"
_S3_SOURCE = "S3DataType S3Uri S3DataDistributionType"
_PACKAGE_CONTAINER = "ContainerHostname Image ModelDataUrl Environment Framework FrameworkVersion NearestModelName"
_PACKAGE_TYPES = (
    "SupportedTransformInstanceTypes SupportedRealtimeInferenceInstanceTypes"
    " SupportedContentTypes SupportedResponseMIMETypes"
)
_VARIANT = (
    "VariantName ModelName InitialInstanceCount InstanceType InitialVariantWeight VolumeSizeInGB"
    " ModelDataDownloadTimeoutInSeconds ContainerStartupHealthCheckTimeoutInSeconds"
)


def _below(prefix: str, members: str) -> str:
    return " ".join(f"{prefix}.{member}" for member in members.split())


_TEXTS: dict[str, str] = {
    "CreateTrainingJob": " ".join(
        (
            "TrainingJobName HyperParameters RoleArn OutputDataConfig VpcConfig Tags Environment",
            "EnableNetworkIsolation",
            "AlgorithmSpecification.TrainingImage AlgorithmSpecification.TrainingInputMode",
            "AlgorithmSpecification.MetricDefinitions StoppingCondition.MaxRuntimeInSeconds",
            _below("InputDataConfig", _CHANNEL),
            _below("InputDataConfig.DataSource.S3DataSource", _S3_SOURCE),
            _below("ResourceConfig", "InstanceType InstanceCount VolumeSizeInGB VolumeKmsKeyId"),
            "EnableManagedSpotTraining EnableInterContainerTrafficEncryption",
        )
    ),
    "DescribeTrainingJob": "TrainingJobName",
    "StopTrainingJob": "TrainingJobName",
    "ListTrainingJobs": f"{_LIST} {_TIMES} StatusEquals",
    "CreateTransformJob": " ".join(
        (
            "TransformJobName ModelName MaxConcurrentTransforms ModelClientConfig MaxPayloadInMB BatchStrategy",
            "Environment Tags",
            _below("TransformInput", "ContentType CompressionType SplitType"),
            _below("TransformInput.DataSource.S3DataSource", "S3DataType S3Uri"),
            _below("TransformOutput", "S3OutputPath Accept AssembleWith KmsKeyId"),
            _below("TransformResources", "InstanceType InstanceCount VolumeKmsKeyId"),
        )
    ),
    "DescribeTransformJob": "TransformJobName",
    "StopTransformJob": "TransformJobName",
    "ListTransformJobs": f"{_LIST} {_TIMES} StatusEquals",
    "CreateModel": " ".join(
        (
            "ModelName ExecutionRoleArn Tags VpcConfig EnableNetworkIsolation",
            _below("PrimaryContainer", _CONTAINER),
            _below("Containers", _CONTAINER),
        )
    ),
    "DescribeModel": "ModelName",
    "DeleteModel": "ModelName",
    "ListModels": _LIST,
    "CreateEndpointConfig": " ".join(
        ("EndpointConfigName DataCaptureConfig Tags KmsKeyId", _below("ProductionVariants", _VARIANT))
    ),
    "DescribeEndpointConfig": "EndpointConfigName",
    "DeleteEndpointConfig": "EndpointConfigName",
    "ListEndpointConfigs": _LIST,
    "CreateEndpoint": "EndpointName EndpointConfigName Tags",
    "UpdateEndpoint": (
        "EndpointName EndpointConfigName RetainAllVariantProperties ExcludeRetainedVariantProperties"
        " DeploymentConfig.BlueGreenUpdatePolicy DeploymentConfig.AutoRollbackConfiguration"
    ),
    "UpdateEndpointWeightsAndCapacities": "EndpointName DesiredWeightsAndCapacities.VariantName"
    " DesiredWeightsAndCapacities.DesiredInstanceCount",
    "DescribeEndpoint": "EndpointName",
    "DeleteEndpoint": "EndpointName",
    "ListEndpoints": f"{_LIST} {_TIMES} StatusEquals",
    "CreateModelPackageGroup": "ModelPackageGroupName ModelPackageGroupDescription Tags",
    "DescribeModelPackageGroup": "ModelPackageGroupName",
    "DeleteModelPackageGroup": "ModelPackageGroupName",
    "ListModelPackageGroups": _LIST,
    "CreateModelPackage": " ".join(
        (
            "ModelPackageGroupName ModelPackageDescription Tags ModelApprovalStatus MetadataProperties ModelMetrics",
            "ClientToken Domain Task SamplePayloadUrl CustomerMetadataProperties DriftCheckBaselines SourceUri",
            "SkipModelValidation ModelCard ModelLifeCycle CertifyForMarketplace",
            _below("InferenceSpecification.Containers", _PACKAGE_CONTAINER),
            _below("InferenceSpecification", _PACKAGE_TYPES),
        )
    ),
    "UpdateModelPackage": (
        "ModelPackageArn ModelApprovalStatus ApprovalDescription CustomerMetadataProperties"
        " CustomerMetadataPropertiesToRemove ModelCard ModelLifeCycle SourceUri ClientToken"
    ),
    "DescribeModelPackage": "ModelPackageName",
    "DeleteModelPackage": "ModelPackageName",
    "ListModelPackages": f"{_LIST} ModelApprovalStatus ModelPackageGroupName ModelPackageType",
    "AddTags": "ResourceArn Tags",
    "ListTags": f"ResourceArn {_PAGE}",
    "DeleteTags": "ResourceArn TagKeys",
    "CreateDomain": (
        "DomainName AuthMode DefaultUserSettings DomainSettings SubnetIds VpcId Tags AppNetworkAccessType KmsKeyId"
        " AppSecurityGroupManagement TagPropagation DefaultSpaceSettings"
    ),
    "DescribeDomain": "DomainId",
    "UpdateDomain": "DomainId DefaultUserSettings DomainSettingsForUpdate DefaultSpaceSettings AppNetworkAccessType"
    " TagPropagation",
    "DeleteDomain": "DomainId RetentionPolicy",
    "ListDomains": _PAGE,
    "CreateUserProfile": "DomainId UserProfileName Tags UserSettings",
    "UpdateUserProfile": "DomainId UserProfileName UserSettings",
    "DescribeUserProfile": "DomainId UserProfileName",
    "DeleteUserProfile": "DomainId UserProfileName",
    "ListUserProfiles": f"{_PAGE} SortBy SortOrder DomainIdEquals UserProfileNameContains",
    "CreateSpace": "DomainId SpaceName Tags SpaceSettings OwnershipSettings SpaceSharingSettings SpaceDisplayName",
    "DescribeSpace": "DomainId SpaceName",
    "DeleteSpace": "DomainId SpaceName",
    "ListSpaces": f"{_PAGE} SortBy SortOrder DomainIdEquals SpaceNameContains",
    "CreateApp": "DomainId UserProfileName SpaceName AppType AppName Tags ResourceSpec",
    "DescribeApp": "DomainId UserProfileName SpaceName AppType AppName",
    "DeleteApp": "DomainId UserProfileName SpaceName AppType AppName",
    "ListApps": f"{_PAGE} SortBy SortOrder DomainIdEquals UserProfileNameEquals SpaceNameEquals",
}

MEMBERS: dict[str, frozenset[str]] = {operation: frozenset(text.split()) for operation, text in _TEXTS.items()}
