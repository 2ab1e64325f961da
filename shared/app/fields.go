package app

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Setting describes one environment variable, for .env.example, the reference and the tests that hold them in step.
type Setting struct {
	Name    string // of the variable
	Default string // as text; empty when there is none
	Range   string // low..high, either side open, or a|b|c
	Help    string // one sentence without a full stop
	Secret  bool   // it has a twin Name_FILE and is never printed
}

// Settings lists the variables that Load[T] reads, in the order of T's fields. It panics on a T that Load would refuse,
// which is a mistake in the program.
//
// The range tag is low..high for whole numbers, Size and durations (bounds included, one may be left out), and
// a|b|c for words. It holds for every element of a list, and is not applied to a variable without value and default.
func Settings[T any]() []Setting {
	all, err := fields(reflect.TypeFor[T](), "", nil)
	if err != nil {
		panic(err)
	}
	var out []Setting
	for _, f := range all {
		out = append(out, Setting{f.name, f.fallback, f.limits, f.tag.Get("help"), f.secret()})
	}
	return out
}

// field is one variable of a configuration.
type field struct {
	name     string
	fallback string
	limits   string
	index    []int
	typ      reflect.Type
	tag      reflect.StructTag
}

func (f field) secret() bool { return f.typ == reflect.TypeFor[Secret]() }

// alone is the field as the only one of a struct, under its full name.
func (f field) alone() reflect.StructField {
	_, options, _ := strings.Cut(f.tag.Get("env"), ",")
	tag := fmt.Sprintf(`env:%q`, f.name+","+options)
	for _, name := range []string{"envDefault", "envSeparator", "envKeyValSeparator"} {
		if value, ok := f.tag.Lookup(name); ok {
			tag += fmt.Sprintf(` %s:%q`, name, value)
		}
	}
	return reflect.StructField{Name: "Value", Type: f.typ, Tag: reflect.StructTag(tag)}
}

// fields walks a struct and the structs in it. A variable that two fields read would have two defaults, so it is
// refused.
func fields(t reflect.Type, prefix string, at []int) ([]field, error) {
	if t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("read settings of %s: it is not a struct", t)
	}
	var all []field
	for i := range t.NumField() {
		sf, index := t.Field(i), append(slices.Clone(at), i)
		name, _, _ := strings.Cut(sf.Tag.Get("env"), ",")
		var found []field
		var err error
		switch {
		case name == "-" || !sf.IsExported():
			continue
		case name != "":
			found = []field{{prefix + name, sf.Tag.Get("envDefault"), sf.Tag.Get("range"), index, sf.Type, sf.Tag}}
		case sf.Type.Kind() == reflect.Struct && !isText(sf.Type):
			found, err = fields(sf.Type, prefix+sf.Tag.Get("envPrefix"), index)
		}
		if err == nil {
			all, err = merge(all, found)
		}
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

func merge(all, more []field) ([]field, error) {
	for _, f := range more {
		if slices.ContainsFunc(all, func(g field) bool { return g.name == f.name }) {
			return nil, fmt.Errorf("read setting %s: two fields have it", f.name)
		}
		if err := f.validate(); err != nil {
			return nil, err
		}
		all = append(all, f)
	}
	return all, nil
}

func isText(t reflect.Type) bool {
	return reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}
