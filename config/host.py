"""The build target of functions that run on this very machine."""

import platform
import sys
from typing import Final, cast

from config.settings import Cpu, LambdaConfig, PythonVersion

_CPUS: Final[dict[str, Cpu]] = {"aarch64": "arm64", "arm64": "arm64", "x86_64": "x86_64", "amd64": "x86_64"}


def host_functions() -> LambdaConfig:
    """This machine's Python, CPU and operating system, in the words of Lambda and of the installer."""
    cpu = _CPUS[platform.machine().lower()]
    name = "aarch64" if cpu == "arm64" else "x86_64"
    system = "apple-darwin" if sys.platform == "darwin" else "manylinux_2_28"
    return LambdaConfig(
        # Any other stage may be synthesized with any Python, so this one is checked only where it is chosen.
        python_version=cast(PythonVersion, f"{sys.version_info.major}.{sys.version_info.minor}"),
        cpu=cpu,
        package_platform=f"{name}-{system}",
    )
