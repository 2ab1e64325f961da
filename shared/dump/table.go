package dump

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/parquet-go/parquet-go"
)

const (
	// groupRows and groupBytes bound what a table holds in memory before it goes to disk.
	groupRows  = 50_000
	groupBytes = 64 << 20
	// readRows is how many rows are read at once.
	readRows = 500
)

// Table is a Parquet file that is being written, packed with zstd.
type Table[T any] struct {
	out        *Output
	w          *parquet.GenericWriter[T]
	rows       int64
	held, size int
}

// CreateTable begins a file of rows that come in the order of the named columns.
func CreateTable[T any](path string, order ...string) (*Table[T], error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("make a directory for %s: %w", path, err)
	}
	out, err := Create(path)
	if err != nil {
		return nil, err
	}
	var columns []parquet.SortingColumn
	for _, name := range order {
		columns = append(columns, parquet.Ascending(name))
	}
	w := parquet.NewGenericWriter[T](out, parquet.Compression(&parquet.Zstd), parquet.CreatedBy("bigbrotr", "", ""),
		parquet.SortingWriterConfig(parquet.SortingColumns(columns...)))
	return &Table[T]{out: out, w: w}, nil
}

// Write adds rows that take about so many bytes. The library gets one at a time: of several it writes what is empty in an
// optional column behind a row in which it is not as empty instead of null.
func (t *Table[T]) Write(rows []T, size int) error {
	var err error
	for i := 0; i < len(rows) && err == nil; i++ {
		_, err = t.w.Write(rows[i : i+1])
	}
	t.rows, t.held, t.size = t.rows+int64(len(rows)), t.held+len(rows), t.size+size
	if err == nil && (t.held >= groupRows || t.size >= groupBytes) {
		t.held, t.size = 0, 0
		err = t.w.Flush()
	}
	if err != nil {
		return fmt.Errorf("write %d rows: %w", len(rows), err)
	}
	return nil
}

// Finish gives the file its name and says what it holds.
func (t *Table[T]) Finish() (File, error) {
	if err := t.w.Close(); err != nil {
		return File{}, fmt.Errorf("finish a table: %w", err)
	}
	file, err := t.out.Finish()
	file.Rows = t.rows
	return file, err
}

// Close lets go of a table that is not finished.
func (t *Table[T]) Close() { t.out.Close() }

// Rows reads a table row by row. The file may be anybody's: what the library cannot read is an error, whatever it makes
// of it.
type Rows[T any] struct {
	path   string
	file   *os.File
	reader *parquet.GenericReader[T]
	kinds  []parquet.Kind // of the columns, in their order
	raw    []parquet.Row
	rows   []T
	next   int // of rows
	held   int // rows that are filled
	number int64
	err    error // after those that are held
}

// OpenTable begins behind so many rows.
func OpenTable[T any](path string, behind int64) (*Rows[T], error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read a table: %w", err)
	}
	reader, err := openTable[T](file, behind)
	if err != nil {
		_ = file.Close() // it was only read
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	r := &Rows[T]{path: path, file: file, reader: reader, raw: make([]parquet.Row, readRows), number: behind}
	for _, column := range reader.Schema().Columns() {
		leaf, _ := reader.Schema().Lookup(column...)
		r.kinds = append(r.kinds, leaf.Node.Type().Kind())
	}
	return r, nil
}

// Next returns the next row, which is the caller's, and io.EOF behind the last one.
func (r *Rows[T]) Next() (*T, error) {
	for r.next == r.held {
		if r.err != nil {
			return nil, r.err
		}
		r.rows = make([]T, readRows) // what was handed out shares nothing with what comes
		r.next = 0
		r.held, r.err = r.read()
		if r.err != nil && !errors.Is(r.err, io.EOF) {
			r.err = fmt.Errorf("read %s: %w", r.path, r.err)
		}
	}
	r.next++
	r.number++
	return &r.rows[r.next-1], nil
}

// Number is how many rows lie before the next one.
func (r *Rows[T]) Number() int64 { return r.number }

// Close closes the file.
func (r *Rows[T]) Close() { _, _ = r.reader.Close(), r.file.Close() } // it was only read

func openTable[T any](file *os.File, from int64) (reader *parquet.GenericReader[T], err error) {
	defer unpanic(&err)
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	opened, err := parquet.OpenFile(file, info.Size())
	if err != nil {
		return nil, err
	}
	var row T
	if err := fits(opened.Schema(), parquet.SchemaOf(row)); err != nil {
		return nil, err
	}
	reader = parquet.NewGenericReader[T](opened)
	if from > 0 {
		err = reader.SeekToRow(from)
	}
	return reader, err
}

// fits says which column of a file is not what it is read as.
func fits(file, want *parquet.Schema) error {
	for _, path := range want.Columns() {
		a, _ := want.Lookup(path...)
		b, found := file.Lookup(path...)
		if !found {
			return fmt.Errorf("column %v is missing", path[0])
		}
		if !parquet.EqualTypes(a.Node.Type(), b.Node.Type()) || a.MaxRepetitionLevel != b.MaxRepetitionLevel || a.MaxDefinitionLevel != b.MaxDefinitionLevel {
			return fmt.Errorf("column %v is of another type", path[0])
		}
	}
	return nil
}

// read fills rows, a page of the shortest column at a time.
func (r *Rows[T]) read() (n int, err error) {
	defer unpanic(&err)
	for n < len(r.rows) && err == nil {
		var got int
		if got, err = r.reader.ReadRows(r.raw[:len(r.rows)-n]); got == 0 && err == nil {
			return n, io.ErrNoProgress
		}
		for _, row := range r.raw[:got] {
			if bad := r.whole(row); bad != nil {
				return n, bad
			}
			if bad := r.reader.Schema().Reconstruct(&r.rows[n], row); bad != nil {
				return n, bad
			}
			n++
		}
	}
	return n, err
}

// whole says whether a row has a value of every column, in their order. In a damaged file one column may be shorter than the
// others, and the library takes the next column's number for the address of a text then.
func (r *Rows[T]) whole(row parquet.Row) error {
	next := 0 // column
	for _, value := range row {
		switch column := value.Column(); {
		case column == next && next < len(r.kinds):
			next++
		case column != next-1:
			return errors.New("the file is damaged: a row lacks a column")
		}
		if kind := value.Kind(); !value.IsNull() && kind != r.kinds[next-1] {
			return errors.New("the file is damaged: a value is of another type than its column")
		}
	}
	if next != len(r.kinds) {
		return errors.New("the file is damaged: a row lacks a column")
	}
	return nil
}

// unpanic makes an error of what the library panics with on a damaged file.
func unpanic(err *error) {
	if what := recover(); what != nil {
		*err = fmt.Errorf("the file is damaged: %v", what)
	}
}
