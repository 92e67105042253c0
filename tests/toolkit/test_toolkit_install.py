"""Installing the image's toolkit: this very archive, its pure Python part, the image's repair, and nothing else."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from rehearsal.toolkit import install

NAME = f"{install.NAME}-{install.VERSION}"


def sdist(folder: Path, mapping: str = f"import collections\n\n\n{install.MAPPING_BEFORE}\n    pass\n") -> Path:
    """An archive with the toolkit's shape."""
    files = {
        "PKG-INFO": f"Name: {install.NAME}\nVersion: {install.VERSION}\n",
        f"src/{install.NAME}/__init__.py": "",
        f"src/{install.NAME}/_mapping.py": mapping,
        f"src/{install.NAME}/c/gethostname.c": "int x;",
        "etc/nginx.conf.template": "",
    }
    target = folder / f"{NAME}.tar.gz"
    with tarfile.open(target, "w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(f"{NAME}/{name}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return target


def test_the_pure_python_part_is_installed_with_the_repair_and_recorded(tmp_path: Path) -> None:
    packages = tmp_path / "site-packages"
    packages.mkdir()
    install.install(sdist(tmp_path), packages)
    mapping = (packages / install.NAME / "_mapping.py").read_text()
    assert "class MappingMixin(collections.abc.Mapping):" in mapping
    assert "import collections.abc\n" in mapping
    assert not list(packages.rglob("*.c"))
    recorded = {line.split(",")[0] for line in (packages / f"{NAME}.dist-info" / "RECORD").read_text().splitlines()}
    present = {str(path.relative_to(packages)) for path in packages.rglob("*") if path.is_file()}
    assert recorded == present
    assert install.is_installed(packages)


def test_another_archive_of_that_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(install.InstallError, match="SHA-256"):
        install.check_hash(sdist(tmp_path))


def test_an_archive_whose_line_to_repair_is_gone_is_refused(tmp_path: Path) -> None:
    packages = tmp_path / "site-packages"
    packages.mkdir()
    with pytest.raises(install.InstallError, match="line to repair"):
        install.install(sdist(tmp_path, mapping="import collections\n"), packages)
    assert not install.is_installed(packages)
