package appspec

import (
	"math"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// What agent v2 sees in a node that is not an alias: YAML 1.2 by serde_yaml, each value
// in the type that the setting has, with no conversion.
//
// Source: dtolnay/serde-yaml src/de.rs, version 0.9.34; aws/aws-codedeploy-agent
// src/application_specification/parse.rs.

// rustAbsent tells whether an optional setting counts as not given.
func rustAbsent(n *yaml.Node) bool {
	if n.Kind != yaml.ScalarNode || !isPlain(n) {
		return n.Kind == 0
	}
	if tag := explicitTag(n); tag != "" {
		return tag == "!!null" && rustNull(n.Value)
	}
	return n.Value == "" || rustNull(n.Value)
}

func rustNull(text string) bool {
	switch text {
	case "~", "null", "Null", "NULL":
		return true
	}
	return false
}

// rustEmpty tells whether nothing is written, which stands for an empty list or mapping.
func rustEmpty(n *yaml.Node) bool {
	return n.Kind == 0 || n.Kind == yaml.ScalarNode && isPlain(n) && n.Value == ""
}

// rustText returns a value where text is wanted: any scalar as it is written.
func rustText(n *yaml.Node) (string, bool) {
	return n.Value, n.Kind == yaml.ScalarNode
}

// rustBool returns a value where a boolean is wanted.
func rustBool(n *yaml.Node) (value, ok bool) {
	if !rustTyped(n, "!!bool") {
		return false, false
	}
	switch n.Value {
	case "true", "True", "TRUE":
		return true, true
	case "false", "False", "FALSE":
		return false, true
	}
	return false, false
}

// rustSeconds returns a value where an unsigned 32-bit integer is wanted.
func rustSeconds(n *yaml.Node) (seconds uint32, ok bool) {
	if !rustTyped(n, "!!int") {
		return 0, false
	}
	text, base := strings.TrimPrefix(n.Value, "+"), 10
	switch {
	case strings.HasPrefix(text, "0x"):
		text, base = text[2:], 16
	case strings.HasPrefix(text, "0o"):
		text, base = text[2:], 8
	case strings.HasPrefix(text, "0b"):
		text, base = text[2:], 2
	}
	if base == 10 && digitsButNotNumber(n.Value) {
		return 0, false
	}
	number, err := strconv.ParseUint(text, base, 32)
	return uint32(number), err == nil
}

// digitsButNotNumber tells whether YAML 1.2 takes the digits for text: leading zeros.
func digitsButNotNumber(text string) bool {
	text = strings.TrimLeft(text[:min(1, len(text))], "+-") + text[min(1, len(text)):]
	return len(text) > 1 && text[0] == '0' && strings.Trim(text, "0123456789") == ""
}

// rustNumber returns a value where a floating-point number is wanted.
func rustNumber(n *yaml.Node) (number float64, ok bool) {
	if !rustTyped(n, "!!float") {
		return 0, false
	}
	switch strings.TrimPrefix(n.Value, "+") {
	case ".inf", ".Inf", ".INF":
		return math.Inf(1), true
	case ".nan", ".NaN", ".NAN":
		return math.NaN(), true
	}
	if strings.Trim(n.Value, "0123456789.eE+-") != "" || strings.HasPrefix(n.Value, "++") || strings.HasPrefix(n.Value, "+-") {
		return 0, false
	}
	number, err := strconv.ParseFloat(n.Value, 64)
	return number, err == nil
}

// rustTyped tells whether a scalar may be another type than text.
func rustTyped(n *yaml.Node, tag string) bool {
	return n.Kind == yaml.ScalarNode && (isPlain(n) || n.Style&yaml.LiteralStyle != 0 && explicitTag(n) == tag)
}
