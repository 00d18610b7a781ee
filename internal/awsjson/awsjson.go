// Package awsjson renders the SDK's structs as JSON in AWS's own shapes and
// names, as the AWS CLI prints them: members as the API calls them, times in RFC
// 3339, nothing for what is absent.
package awsjson

import (
	"encoding/json"
	"maps"
	"reflect"
	"time"

	"github.com/cdx-deploy/cdx/pkg/revision/shorthand"
)

// Value is an SDK value that marshals to AWS's JSON.
type Value struct{ Of any }

// MarshalJSON implements [json.Marshaler].
func (v Value) MarshalJSON() ([]byte, error) {
	return json.Marshal(convert(reflect.ValueOf(v.Of)))
}

var timeType = reflect.TypeFor[time.Time]()

func convert(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Invalid:
		return nil
	case reflect.Pointer, reflect.Interface:
		return convert(v.Elem())
	case reflect.Struct:
		if v.Type() == timeType {
			return v.Interface().(time.Time).UTC().Format(time.RFC3339)
		}
		return members(v)
	case reflect.Slice:
		return list(v)
	case reflect.Map:
		return entries(v)
	default:
		return v.Interface()
	}
}

func members(v reflect.Value) map[string]any {
	object := make(map[string]any)
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if field.Anonymous && field.Type.Kind() == reflect.Struct && field.IsExported() {
			maps.Copy(object, members(v.Field(i)))
			continue
		}
		if !field.IsExported() || field.Name == "ResultMetadata" || absent(v.Field(i)) {
			continue
		}
		object[shorthand.MemberName(v.Type(), field.Name)] = convert(v.Field(i))
	}
	return object
}

// absent tells what the SDK leaves at its zero value when a member is not there.
// Numbers and booleans are kept: AWS sends them also when they are 0 or false.
func absent(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface, reflect.Slice, reflect.Map, reflect.String:
		return v.IsZero()
	default:
		return false
	}
}

func list(v reflect.Value) any {
	if v.Type().Elem().Kind() == reflect.Uint8 {
		return v.Interface()
	}
	items := make([]any, v.Len())
	for i := range items {
		items[i] = convert(v.Index(i))
	}
	return items
}

func entries(v reflect.Value) map[string]any {
	object := make(map[string]any)
	for it := v.MapRange(); it.Next(); {
		object[it.Key().String()] = convert(it.Value())
	}
	return object
}
