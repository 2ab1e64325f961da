// Package duckdb reads what the exporter writes with DuckDB, so that Parquet files are judged by a program that did not
// write them. It is a module of its own, and holds tests alone: nothing of ours needs DuckDB, which comes as a C++ library
// of 80 MB.
package duckdb
