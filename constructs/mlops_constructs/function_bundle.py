"""The bundle of a function: its package, what functions share, and third-party packages for its platform.

No Docker. The asset's hash is made of source, lock and platform, so that a template is the same whether the bundle
was made or not; third-party packages are installed once per lock and platform, and then need no network.
"""

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import jsii
from aws_cdk import AssetHashType, BundlingOptions, DockerImage, ILocalBundling
from aws_cdk import aws_lambda as lambda_

LOCK: Final = "requirements.lock"
_NOT_SHIPPED: Final = ("requirements.txt", LOCK)
# pip's own marks and start scripts, which no function runs.
_NOT_NEEDED: Final = (".lock", "bin")


class BundlingFailed(RuntimeError):
    """The packages of a function could not be installed; the message holds the installer's own."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """The platform that a bundle is made for."""

    python_version: str
    package_platform: str


@dataclass(frozen=True, kw_only=True)
class FunctionBundle:
    """One function's zip: folders of the repository under the names that they have here, and packages beside them."""

    root: Path
    function: str
    folders: Sequence[str]
    store: Path
    target: Target

    def code(self) -> lambda_.Code:
        """The asset."""
        return lambda_.Code.from_asset(
            str(self.root / self.function),
            asset_hash=self.fingerprint(),
            asset_hash_type=AssetHashType.CUSTOM,
            bundling=BundlingOptions(image=DockerImage.from_registry("bundled-without-docker"), local=_Local(self)),
        )

    def fingerprint(self) -> str:
        """Changes when what is shipped changes, and only then."""
        digest = hashlib.sha256(self._packages_key().encode())
        for path in self.sources():
            digest.update(f"\0{path.relative_to(self.root).as_posix()}\0".encode())
            digest.update(path.read_bytes())
        return digest.hexdigest()

    def sources(self) -> Iterator[Path]:
        """The files of the repository that are shipped, in a stable order."""
        yield from sorted(self.root / name / "__init__.py" for name in {Path(self.function).parts[0]})
        for folder in sorted({*self.folders, self.function}):
            for path in sorted((self.root / folder).rglob("*")):
                if path.is_file() and "__pycache__" not in path.parts and path.name not in _NOT_SHIPPED:
                    yield path

    def write(self, folder: Path) -> None:
        """Put together what the zip will hold."""
        shutil.copytree(self._packages(), folder, dirs_exist_ok=True, copy_function=_link)
        for path in self.sources():
            target = folder / path.relative_to(self.root)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)

    def _lock(self) -> Path:
        return self.root / self.function / LOCK

    def _packages_key(self) -> str:
        content = f"{self.target.python_version}\0{self.target.package_platform}\0{self._lock().read_text()}"
        return hashlib.sha256(content.encode()).hexdigest()

    def _packages(self) -> Path:
        """The installed third-party packages; made once, and complete if they are there."""
        packages = self.store / self._packages_key()[:32]
        if not packages.is_dir():
            self.store.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=self.store) as work:
                installed = Path(work) / "packages"
                _install(self._lock(), installed, self.target)
                try:
                    installed.rename(packages)
                except OSError:  # another synth was faster: its folder is as good
                    if not packages.is_dir():
                        raise
        return packages


@jsii.implements(ILocalBundling)
class _Local:
    def __init__(self, bundle: FunctionBundle) -> None:
        self._bundle = bundle

    def try_bundle(self, output_dir: str, *_options: Any, **_more: Any) -> bool:
        self._bundle.write(Path(output_dir))
        return True


def _install(lock: Path, folder: Path, target: Target) -> None:
    from uv import find_uv_bin  # only a synth that really bundles needs the installer

    folder.mkdir()
    command = [
        find_uv_bin(), "pip", "install", "--quiet", "--no-config", "--require-hashes", "--only-binary", ":all:",
        "--requirement", str(lock), "--target", str(folder),
        "--python-version", target.python_version, "--python-platform", target.package_platform,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BundlingFailed(f"{lock}: the packages for {target.package_platform} cannot be had\n{done.stderr.strip()}")
    for name in _NOT_NEEDED:
        leftover = folder / name
        if leftover.is_dir():
            shutil.rmtree(leftover)
        else:
            leftover.unlink(missing_ok=True)


def _link(source: str, target: str) -> None:
    """A large package costs no second copy where the file system can do without."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
