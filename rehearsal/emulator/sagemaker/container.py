"""A container without Docker: a folder that stands for /opt/ml, a Python environment over the image's, its variables.

The toolkit installs the user's code into its environment, so every container has one of its own: a few files that
lead to the image's packages.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rehearsal.emulator import settings
from rehearsal.emulator.sagemaker.errors import unsupported

ADAPTER = Path(__file__).parents[2] / "toolkit" / "image"
BASE = "/opt/ml"
IMAGE = re.compile(r"^\d{12}\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?/sagemaker-xgboost:3\.2-0$")
HOST_NETWORK_VARIABLES = re.compile(r"^(PIP_|UV_)|(^|_)(PROXY|proxy)$|^(SSL_CERT_FILE|REQUESTS_CA_BUNDLE)$")

# What the image's own environment sets.
IMAGE_ENVIRONMENT = {
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONUNBUFFERED": "1",
    "PYTHONIOENCODING": "utf-8",
    "SM_INPUT": f"{BASE}/input",
    "SM_INPUT_TRAINING_CONFIG_FILE": f"{BASE}/input/config/hyperparameters.json",
    "SM_INPUT_DATA_CONFIG_FILE": f"{BASE}/input/config/inputdataconfig.json",
    "SM_CHECKPOINT_CONFIG_FILE": f"{BASE}/input/config/checkpointconfig.json",
    "SM_MODEL_DIR": f"{BASE}/model",
    "SAGEMAKER_TRAINING_MODULE": "sagemaker_xgboost_container.training:main",
    "SAGEMAKER_SERVING_MODULE": "sagemaker_xgboost_container.serving:main",
}


@dataclass(frozen=True)
class Container:
    """The folders of one container and the interpreter in it."""

    folder: Path
    python: Path

    @property
    def base(self) -> Path:
        """The folder that is /opt/ml on AWS."""
        return self.folder / "opt" / "ml"

    def relocated(self, value: str) -> str:
        """A path below /opt/ml as it is here; any other text as it is."""
        return f"{self.base}{value.removeprefix(BASE)}" if value == BASE or value.startswith(f"{BASE}/") else value

    def environment(
        self, given: Mapping[str, str], *, credentials: Mapping[str, str], isolated: bool
    ) -> dict[str, str]:
        """The container's variables: the image's, the user's, and whatever the network mode gives or withholds."""
        network = {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull} if isolated else _host_network(credentials)
        together = {**IMAGE_ENVIRONMENT, "AWS_REGION": settings.region(), **network, **given}
        return {
            **{name: self.relocated(value) for name, value in together.items()},
            "PATH": os.pathsep.join((str(self.python.parent), "/usr/local/bin", "/usr/bin", "/bin")),
            "HOME": str(self.folder / "home"),
            "TMPDIR": str(self.folder / "tmp"),
            "SAGEMAKER_BASE_DIR": str(self.base),
        }


def check_image(image: str | None) -> None:
    """Refuse any image but the one whose environment is installed."""
    found = IMAGE.match(image or "")
    if found is None:
        raise unsupported(f"the image {image} (only SageMaker's sagemaker-xgboost:3.2-0)")
    if found["region"] != settings.region():
        raise unsupported(f"an image of region {found['region']} (this is {settings.region()})")


def create(folder: Path, *, isolated: bool) -> Container:
    """Make the container's folders and its Python environment."""
    for name in ("home", "tmp", "opt/ml"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    return Container(folder, _layered_environment(folder / "python", settings.image_python(), isolated=isolated))


def _layered_environment(folder: Path, image_python: Path, *, isolated: bool) -> Path:
    """A virtual environment that sees the image's packages and keeps what is installed for itself."""
    image = image_python.parent.parent
    [image_packages] = (image / "lib").glob("python3*/site-packages")
    packages = folder / "lib" / image_packages.parent.name / "site-packages"
    packages.mkdir(parents=True)
    (folder / "bin").mkdir()
    for name in ("python", "python3"):
        (folder / "bin" / name).symlink_to(image_python.resolve())
    home = image_python.resolve().parent
    (folder / "pyvenv.cfg").write_text(f"home = {home}\ninclude-system-site-packages = false\n", encoding="utf-8")
    layers = [f"import site; site.addsitedir({str(image_packages)!r})", str(ADAPTER)]
    if isolated:
        layers.append(f"import rehearsal_isolation; rehearsal_isolation.close({settings.port()})")
    (packages / "image.pth").write_text("\n".join(layers) + "\n", encoding="utf-8")
    return folder / "bin" / "python"


def _host_network(credentials: Mapping[str, str]) -> dict[str, str]:
    """With a network: the role's credentials, and the way to the network that this machine has."""
    host = {name: value for name, value in os.environ.items() if HOST_NETWORK_VARIABLES.search(name)}
    return {**host, **credentials}
