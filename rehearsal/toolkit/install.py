"""Install the image's toolkit, sagemaker-containers, into the environment of the Python that runs this file.

The source distribution contains a C extension that only distributed (MPI) training needs. Its pure Python part is
copied, with the same one-line repair that the image makes, so that no compiler is needed.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from pathlib import Path

NAME = "sagemaker_containers"
VERSION = "2.8.6.post2"
SHA256 = "66dbcbc2f9ca2be4de17212f9312ed0049779ad46f62bf4674e6e5a2cf78bc4e"

MAPPING_BEFORE = "class MappingMixin(collections.Mapping):"
MAPPING_AFTER = "class MappingMixin(collections.abc.Mapping):"

GETHOSTNAME = '''"""Stands for the toolkit's C extension, which only distributed (MPI) training loads."""
'''


class InstallError(RuntimeError):
    """The toolkit could not be installed; the message says what to do."""


def main() -> None:
    """Install into this interpreter's site-packages, unless that was done before."""
    site_packages = Path(sysconfig.get_path("purelib"))
    if is_installed(site_packages):
        return
    with tempfile.TemporaryDirectory() as folder:
        archive = download(Path(folder))
        check_hash(archive)
        install(archive, site_packages)


def is_installed(site_packages: Path) -> bool:
    """Tell whether this very version is there, completely: its record is written last."""
    return (_dist_info(site_packages) / "RECORD").exists()


def download(folder: Path) -> Path:
    """Fetch the source distribution with pip, from wherever pip is set up to look."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--no-binary", ":all:", "--no-build-isolation", "--dest", str(folder), f"{NAME}=={VERSION}"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    archives = list(folder.glob("sagemaker*containers*.tar.gz"))
    if result.returncode != 0 or len(archives) != 1:
        raise InstallError(f"pip could not download {NAME} {VERSION}:\n{result.stderr.strip()}")
    return archives[0]


def check_hash(archive: Path) -> None:
    """Refuse any other file than the one that was looked at."""
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != SHA256:
        raise InstallError(f"{archive.name} has SHA-256 {found}, expected {SHA256}: do not use it")


def install(archive: Path, site_packages: Path) -> None:
    """Copy the pure Python part, repair it and record what was copied."""
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(archive, "r:gz") as content:
            content.extractall(folder, filter="data")
        source = Path(folder) / f"{NAME}-{VERSION}"
        package = site_packages / NAME
        shutil.rmtree(package, ignore_errors=True)
        shutil.copytree(source / "src" / NAME, package, ignore=shutil.ignore_patterns("c", "*.c", "*.h"))
        shutil.copytree(source / "etc", package / "etc")
        repair(package / "_mapping.py")
        hostname_module = site_packages / "gethostname.py"
        hostname_module.write_text(GETHOSTNAME, encoding="utf-8")
        _record(source / "PKG-INFO", site_packages, [*package.rglob("*"), hostname_module])


def repair(mapping: Path) -> None:
    """The image's own repair: `collections.Mapping` left Python with version 3.10."""
    text = mapping.read_text(encoding="utf-8")
    if text.count(MAPPING_BEFORE) != 1:
        raise InstallError(f"{mapping.name} does not hold the line to repair: {MAPPING_BEFORE}")
    text = text.replace(MAPPING_BEFORE, MAPPING_AFTER).replace("import collections\n", "import collections.abc\n", 1)
    mapping.write_text(text, encoding="utf-8")


def _record(package_info: Path, site_packages: Path, files: list[Path]) -> None:
    """Write the metadata by which installers know what is installed."""
    folder = _dist_info(site_packages)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    shutil.copy(package_info, folder / "METADATA")
    (folder / "INSTALLER").write_text("rehearsal\n", encoding="utf-8")
    owned = [*files, folder / "METADATA", folder / "INSTALLER", folder / "RECORD"]
    names = sorted(str(path.relative_to(site_packages)) for path in owned if not path.is_dir())
    (folder / "RECORD").write_text("".join(f"{name},,\n" for name in names), encoding="utf-8")


def _dist_info(site_packages: Path) -> Path:
    return site_packages / f"{NAME}-{VERSION}.dist-info"


if __name__ == "__main__":
    try:
        main()
    except InstallError as error:
        sys.exit(str(error))
