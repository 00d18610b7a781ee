package slim

import (
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	"github.com/cdx-deploy/cdx/pkg/revision/shorthand"
)

// encode writes an input as the SDK does: what is not set is left out, numbers and
// booleans too that are not behind a pointer.
func encode(in any) ([]byte, error) {
	v := reflect.ValueOf(in).Elem()
	if !v.IsValid() {
		return []byte("{}"), nil // no input at all, as the SDK takes it
	}
	value, err := convert(v)
	if err != nil {
		return nil, err
	}
	return json.Marshal(value)
}

func convert(v reflect.Value) (any, error) {
	switch v.Kind() {
	case reflect.Pointer:
		return convert(v.Elem())
	case reflect.Struct:
		if at, ok := v.Interface().(time.Time); ok {
			return json.Number(fmt.Sprintf("%d.%03d", at.Unix(), at.Nanosecond()/int(time.Millisecond))), nil
		}
		return members(v)
	case reflect.Slice:
		items := make([]any, v.Len())
		for i := range items {
			item, err := convert(v.Index(i))
			if err != nil {
				return nil, err
			}
			items[i] = item
		}
		return items, nil
	case reflect.Map:
		entries := make(map[string]any, v.Len())
		for it := v.MapRange(); it.Next(); {
			value, err := convert(it.Value())
			if err != nil {
				return nil, err
			}
			entries[it.Key().String()] = value
		}
		return entries, nil
	case reflect.String, reflect.Bool, reflect.Int32, reflect.Int64, reflect.Float64:
		return v.Interface(), nil
	}
	return nil, fmt.Errorf("no JSON for %s", v.Type())
}

func members(v reflect.Value) (map[string]any, error) {
	object := make(map[string]any)
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if !field.IsExported() || v.Field(i).IsZero() {
			continue
		}
		value, err := convert(v.Field(i))
		if err != nil {
			return nil, err
		}
		object[shorthand.MemberName(v.Type(), field.Name)] = value
	}
	return object, nil
}
