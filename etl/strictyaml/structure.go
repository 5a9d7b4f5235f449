package strictyaml

import (
	"reflect"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/ldtkit/ldt/ngsild/finding"
)

// Structure decodes a map into the struct that target points to, by its yaml
// tags, and reports every fault of it. Its fields are texts, lists of texts,
// whole numbers, booleans, pointers to those, structs, and lists and maps of structs of the same. extra
// are keys that the caller reads, from the fields that are returned.
func (d *Decoder) Structure(n ast.Node, what string, target any, extra ...string) map[string]*Field {
	return d.structure(n, what, reflect.ValueOf(target).Elem(), extra)
}

func (d *Decoder) structure(n ast.Node, what string, v reflect.Value, extra []string) map[string]*Field {
	known, index := yamlKeys(v.Type())
	out := d.Object(n, what, append(known, extra...)...)
	for i, key := range known {
		f := out[key]
		if f == nil {
			continue
		}
		if f.Null() {
			d.Fault(finding.YAMLType, f.At, "%s: %q has no value", what, key)
			continue
		}
		d.into(v.Field(index[i]), f, what)
	}
	return out
}

// into decodes one value into a field of a struct.
func (d *Decoder) into(v reflect.Value, f *Field, what string) {
	what = what + ": " + f.Key
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.String:
		// A delimiter or a code may look like a number.
		v.SetString(d.Text(f, what))
		return
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.String {
			list, _ := d.Texts(f, what)
			for _, s := range list {
				v.Set(reflect.Append(v, reflect.ValueOf(s).Convert(v.Type().Elem())))
			}
			return
		}
		if v.Type().Elem().Kind() == reflect.Struct {
			for _, n := range d.List(f, what) {
				item := reflect.New(v.Type().Elem()).Elem()
				d.structure(n, what, item, nil)
				v.Set(reflect.Append(v, item))
			}
			return
		}
	case reflect.Int:
		s, _ := Scalar(f.Value)
		n, err := strconv.Atoi(s)
		if _, whole := f.Value.(*ast.IntegerNode); err != nil || !whole {
			d.WrongType(f.Value, what, "a whole number")
			return
		}
		v.SetInt(int64(n))
		return
	case reflect.Map:
		if v.Type().Elem().Kind() == reflect.Struct {
			v.Set(reflect.MakeMap(v.Type()))
			for _, own := range d.Fields(f.Value, what) {
				item := reflect.New(v.Type().Elem()).Elem()
				if own.Null() {
					d.Fault(finding.YAMLType, own.At, "%s: %q has no value", what, own.Key)
				} else {
					d.structure(own.Value, own.Key, item, nil)
				}
				v.SetMapIndex(reflect.ValueOf(own.Key), item)
			}
			return
		}
	case reflect.Bool:
		v.SetBool(d.Boolean(f, what))
		return
	case reflect.Struct:
		d.structure(f.Value, f.Key, v, nil)
		return
	}
	d.WrongType(f.Value, what, "left out: it cannot be set in a "+d.noun)
}

// yamlKeys gives the keys of a struct type, and the index of the field of each.
func yamlKeys(t reflect.Type) (known []string, index []int) {
	for i := range t.NumField() {
		f := t.Field(i)
		key, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if key == "-" || !f.IsExported() {
			continue
		}
		if key == "" {
			key = strings.ToLower(f.Name)
		}
		known, index = append(known, key), append(index, i)
	}
	return known, index
}
