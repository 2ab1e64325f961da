package dump

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// MaxLine bounds a line that is read: an event with every escape, in a frame.
const MaxLine = 1 << 20

// Line is one line of a file.
type Line struct {
	Number int64  // from 1
	Text   []byte // without its end, valid until the next one is read; empty when it is too long
	Long   bool   // longer than MaxLine
}

// Lines reads a file line by line. A line that is too long is passed over without being kept.
type Lines struct {
	r      *bufio.Reader
	offset int64
	number int64
}

// ReadLines begins behind so many bytes and lines, which the reader must have passed.
func ReadLines(r io.Reader, offset, number int64) *Lines {
	return &Lines{r: bufio.NewReaderSize(r, MaxLine+1), offset: offset, number: number}
}

// Offset is how many unpacked bytes lie before the next line.
func (l *Lines) Offset() int64 { return l.offset }

// Number is how many lines were read.
func (l *Lines) Number() int64 { return l.number }

// Next returns the next line, and io.EOF after the last one.
func (l *Lines) Next() (Line, error) {
	text, err := l.r.ReadSlice('\n')
	l.offset += int64(len(text))
	line := Line{Number: l.number + 1, Text: bytes.TrimRight(text, "\r\n")}
	if errors.Is(err, bufio.ErrBufferFull) {
		line.Text, line.Long = nil, true
		err = l.pass()
	}
	if errors.Is(err, io.EOF) && (len(text) > 0) {
		err = nil // the last line needs no end
	}
	if err != nil {
		return Line{}, err
	}
	l.number++
	if l.number == 1 {
		line.Text = bytes.TrimPrefix(line.Text, []byte("\ufeff"))
	}
	return line, nil
}

// pass reads on to the end of a line.
func (l *Lines) pass() error {
	for {
		text, err := l.r.ReadSlice('\n')
		l.offset += int64(len(text))
		if !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
	}
}
