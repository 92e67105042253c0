"""Instance types that run the image: x86 without GPU. A test compares with the service's own list."""

from typing import Final

_BIG: Final = ("4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge")
_SIXTH: Final = ("large", "xlarge", "2xlarge", *_BIG, "32xlarge")
_SEVENTH: Final = ("large", "xlarge", "2xlarge", *_BIG, "48xlarge")
_M5: Final = ("large", "xlarge", "2xlarge", "4xlarge", "12xlarge", "24xlarge")
_C5: Final = ("xlarge", "2xlarge", "4xlarge", "9xlarge", "18xlarge")


def _types(**sizes_by_family: tuple[str, ...]) -> frozenset[str]:
    return frozenset(f"ml.{family}.{size}" for family, sizes in sizes_by_family.items() for size in sizes)


_EVERYWHERE: Final = _types(m5=_M5, c5=_C5, m6i=_SIXTH, r6i=_SIXTH, m7i=_SEVENTH, c7i=_SEVENTH, r7i=_SEVENTH)

TRAINING: Final = _EVERYWHERE | _types(r5=_M5, t3=("medium", "large", "xlarge", "2xlarge"))
TRANSFORM: Final = _EVERYWHERE | _types(c6i=_SIXTH)
SERVING: Final = _EVERYWHERE | _types(c6i=_SIXTH, r5=_M5, t2=("medium", "large", "xlarge", "2xlarge"))
THAT_AUTOSCALE: Final = "any type but ml.t2.*, which cannot be scaled automatically"


def can_autoscale(instance_type: str) -> bool:
    """Application Auto Scaling refuses endpoints on T2 instances."""
    return not instance_type.startswith("ml.t2.")
