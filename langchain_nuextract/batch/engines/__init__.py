"""Extraction inside of engines that hand over tables: Ray Data, Spark, Daft, Dask, plain processes.

Knows kinds of tables, and what a process keeps from one of them to the next. Must not know an engine: each takes a
callable, and `columns.Columns` is one.
"""
