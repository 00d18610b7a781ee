package awsjson

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"time"
)

// Marshal returns the JSON body for v, a struct of the SDK or a pointer to one. Nil pointers, slices and
// maps and empty enumerations are left out; empty slices are written, as AWS does.
func Marshal(v any) ([]byte, error) {
	tree, err := encode(reflect.ValueOf(v))
	if err != nil {
		return nil, fmt.Errorf("encode %T: %w", v, err)
	}
	if tree == nil {
		return []byte("{}"), nil
	}
	return json.Marshal(tree)
}

// encode turns v into what encoding/json writes; nil means that the member is left out.
func encode(v reflect.Value) (any, error) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil, nil
		}
		if v.Elem().Kind() == reflect.String { // a pointer says that even the empty string is meant
			return v.Elem().String(), nil
		}
		return encode(v.Elem())
	case reflect.Struct:
		if v.Type() == timeType {
			return timestamp(v.Interface().(time.Time)), nil
		}
		return encodeStruct(v)
	case reflect.Slice:
		return encodeSlice(v)
	case reflect.Map:
		return encodeMap(v)
	case reflect.String:
		if v.Len() == 0 {
			return nil, nil
		}
		return v.String(), nil
	case reflect.Bool, reflect.Int32, reflect.Int64, reflect.Float64:
		return v.Interface(), nil
	}
	return nil, fmt.Errorf("no wire form for %s", v.Type())
}

func encodeStruct(v reflect.Value) (any, error) {
	object := make(map[string]any, v.NumField())
	for i := range v.NumField() {
		name := member(v.Type(), v.Type().Field(i))
		if name == "" {
			continue
		}
		value, err := encode(v.Field(i))
		if err != nil {
			return nil, err
		}
		if value != nil {
			object[name] = value
		}
	}
	return object, nil
}

func encodeSlice(v reflect.Value) (any, error) {
	if v.IsNil() {
		return nil, nil
	}
	list := make([]any, v.Len())
	for i := range list {
		value, err := encode(v.Index(i))
		if err != nil {
			return nil, err
		}
		if value == nil && v.Index(i).Kind() == reflect.String {
			value = "" // nothing is left out of a list
		}
		list[i] = value
	}
	return list, nil
}

func encodeMap(v reflect.Value) (any, error) {
	if v.IsNil() {
		return nil, nil
	}
	object := make(map[string]any, v.Len())
	for entries := v.MapRange(); entries.Next(); {
		value, err := encode(entries.Value())
		if err != nil {
			return nil, err
		}
		object[entries.Key().String()] = value
	}
	return object, nil
}

// timestamp has milliseconds, which is what CodeDeploy answers with.
func timestamp(t time.Time) json.Number {
	return json.Number(strconv.FormatFloat(float64(t.UnixMilli())/1000, 'f', 3, 64))
}
