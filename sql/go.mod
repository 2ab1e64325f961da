module github.com/bigbrotr/bigbrotr-go/sql

go 1.26.0
