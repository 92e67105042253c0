"""Makes the code folder installable: the image runs `pip install .` on it before training and before serving.

The archive holds training/*.py at its root and contract/ beside them; installed they have the import names that
they have in the repository, and the two entry points their short ones besides.
"""

from setuptools import setup  # pyright: ignore[reportMissingModuleSource]

setup(
    name="mlops-model-code",
    version="1.0.0",
    packages=["training", "contract"],
    package_dir={"training": "."},
    package_data={"training": ["setup.py"]},  # training copies itself into the model archive, this file included
    py_modules=["train", "inference"],
)
