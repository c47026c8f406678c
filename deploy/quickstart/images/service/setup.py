"""The one thing that pyproject.toml can't say yet: the scoring loop is a C extension."""

from setuptools import Extension, setup

setup(ext_modules=[Extension("sentiment._linear", ["sentiment/_linear.c"])])
