package awsjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"strings"
	"time"
)

// Unmarshal fills v, a pointer to a struct of the SDK, from a JSON body. An empty body is an empty
// object; members that the struct does not have are ignored, as AWS ignores them. An error means that
// the body is no JSON, or that a member has the wrong type, which AWS answers with a
// SerializationException.
func Unmarshal(data []byte, v any) error {
	if len(bytes.TrimSpace(data)) == 0 {
		return nil
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var tree any
	if err := decoder.Decode(&tree); err != nil {
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("text after the JSON value")
	}
	return decode(tree, reflect.ValueOf(v).Elem(), "")
}

// decode sets v from value; where is the path of the member, for messages.
func decode(value any, v reflect.Value, where string) error {
	if value == nil {
		return nil
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return decode(value, v.Elem(), where)
	case reflect.Struct:
		if v.Type() == timeType {
			return decodeTime(value, v, where)
		}
		return decodeStruct(value, v, where)
	case reflect.Slice:
		return decodeSlice(value, v, where)
	case reflect.Map:
		return decodeMap(value, v, where)
	}
	return decodeScalar(value, v, where)
}

func decodeStruct(value any, v reflect.Value, where string) error {
	object, ok := value.(map[string]any)
	if !ok {
		return mismatch(where, "an object")
	}
	for i := range v.NumField() {
		name := member(v.Type(), v.Type().Field(i))
		if name == "" {
			continue
		}
		if err := decode(object[name], v.Field(i), where+"."+name); err != nil {
			return err
		}
	}
	return nil
}

func decodeSlice(value any, v reflect.Value, where string) error {
	list, ok := value.([]any)
	if !ok {
		return mismatch(where, "a list")
	}
	v.Set(reflect.MakeSlice(v.Type(), len(list), len(list)))
	for i, item := range list {
		if err := decode(item, v.Index(i), fmt.Sprintf("%s[%d]", where, i)); err != nil {
			return err
		}
	}
	return nil
}

func decodeMap(value any, v reflect.Value, where string) error {
	object, ok := value.(map[string]any)
	if !ok {
		return mismatch(where, "an object")
	}
	v.Set(reflect.MakeMapWithSize(v.Type(), len(object)))
	for name, item := range object {
		entry := reflect.New(v.Type().Elem()).Elem()
		if err := decode(item, entry, where+"."+name); err != nil {
			return err
		}
		v.SetMapIndex(reflect.ValueOf(name), entry)
	}
	return nil
}

func decodeScalar(value any, v reflect.Value, where string) error {
	switch v.Kind() {
	case reflect.String:
		if text, ok := value.(string); ok {
			v.SetString(text)
			return nil
		}
		return mismatch(where, "a string")
	case reflect.Bool:
		if flag, ok := value.(bool); ok {
			v.SetBool(flag)
			return nil
		}
		return mismatch(where, "true or false")
	case reflect.Int32, reflect.Int64:
		if number, ok := value.(json.Number); ok {
			if whole, err := number.Int64(); err == nil && !v.OverflowInt(whole) {
				v.SetInt(whole)
				return nil
			}
		}
		return mismatch(where, "a whole number")
	case reflect.Float64:
		return decodeFloat(value, v, where)
	}
	return fmt.Errorf("%s: no wire form for %s", where, v.Type())
}

// decodeFloat takes texts too for what JSON has no numbers for.
// Source: Smithy 2.0, AWS JSON 1.1 protocol, "Shape serialization".
func decodeFloat(value any, v reflect.Value, where string) error {
	switch value := value.(type) {
	case json.Number:
		if float, err := value.Float64(); err == nil {
			v.SetFloat(float)
			return nil
		}
	case string:
		for name, float := range map[string]float64{"NaN": math.NaN(), "Infinity": math.Inf(1), "-Infinity": math.Inf(-1)} {
			if strings.EqualFold(value, name) {
				v.SetFloat(float)
				return nil
			}
		}
	}
	return mismatch(where, "a number")
}

func decodeTime(value any, v reflect.Value, where string) error {
	number, ok := value.(json.Number)
	if !ok {
		return mismatch(where, "seconds since the epoch")
	}
	seconds, err := number.Float64()
	if err != nil || math.Abs(seconds) > math.MaxInt32*100 {
		return mismatch(where, "seconds since the epoch")
	}
	v.Set(reflect.ValueOf(time.UnixMilli(int64(seconds * 1000)).UTC())) // what is below a millisecond is dropped, as the SDK does
	return nil
}

func mismatch(where, expected string) error {
	if where == "" {
		where = "the body"
	}
	return fmt.Errorf("%s is not %s", where, expected)
}
