"""Tests of an engine are collected where it is installed."""

from importlib.util import find_spec

PACKAGES = {"test_ray.py": "ray", "test_spark.py": "pyspark"}
collect_ignore = [file for file, package in PACKAGES.items() if find_spec(package) is None]
