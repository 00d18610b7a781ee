package group

import (
	"bytes"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"go.yaml.in/yaml/v3"

	"github.com/cdx-deploy/cdx/pkg/revision/shorthand"
)

// File writes the group as a file: a comment that says what it is and how to apply it,
// then what is set, always in the same order. platform is the application's; it stands in
// the comment only and may be empty.
func (g *Group) File(platform types.ComputePlatform) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Deployment group %s of application %s", line(g.DeploymentGroupName), line(g.ApplicationName))
	if platform != "" {
		fmt.Fprintf(&b, " (compute platform %s)", platform)
	}
	b.WriteString(".\n# See what applying it would change: cdx groups apply --dry-run FILE; apply it: cdx groups apply FILE\n")
	b.WriteString("# yaml-language-server: $schema=" + Schema + "\n")
	b.Write(g.YAML())
	return b.Bytes()
}

// Schema is the address of the files' JSON Schema.
const Schema = "https://raw.githubusercontent.com/cdx-deploy/cdx/main/schema/group.schema.json"

// line is a name that stays within a comment.
func line(name *string) string {
	return strings.Join(strings.Fields(aws.ToString(name)), " ")
}

// YAML writes what is set of the group, always in the same order.
func (g *Group) YAML() []byte {
	root := &yaml.Node{Kind: yaml.MappingNode}
	v := reflect.ValueOf(g).Elem()
	for i := range v.NumField() {
		if !isUnset(v.Field(i)) {
			root.Content = append(root.Content, textNode(memberName(i)), nodeOf(v.Field(i)))
		}
	}
	return encode(root)
}

// encode writes a node. Nodes made here can always be written.
func encode(n *yaml.Node) []byte {
	var b bytes.Buffer
	encoder := yaml.NewEncoder(&b)
	encoder.SetIndent(2)
	if err := encoder.Encode(n); err != nil {
		panic(fmt.Sprintf("group: %v", err))
	}
	return b.Bytes()
}

// textNode is text, in quotes where YAML would take it for something else, also by the
// older rules, which other programs have: there yes and off are booleans.
func textNode(text string) *yaml.Node {
	n := new(yaml.Node)
	n.SetString(text)
	switch strings.ToLower(text) {
	case "y", "n", "yes", "no", "on", "off":
		n.Style = yaml.DoubleQuotedStyle
	}
	return n
}

// nodeOf is the YAML of an SDK value. Members of structures that are not set are left
// out, numbers that are 0 too, which the SDK does not send; a false is written, since it
// is what somebody looks for.
func nodeOf(v reflect.Value) *yaml.Node {
	switch v.Kind() {
	case reflect.Pointer:
		return nodeOf(v.Elem())
	case reflect.Struct:
		return structNode(v)
	case reflect.Slice:
		n := &yaml.Node{Kind: yaml.SequenceNode}
		for i := range v.Len() {
			n.Content = append(n.Content, nodeOf(v.Index(i)))
		}
		return n
	case reflect.Bool:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: strconv.FormatBool(v.Bool())}
	case reflect.Int32:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: strconv.FormatInt(v.Int(), 10)}
	default:
		return textNode(v.String())
	}
}

func structNode(v reflect.Value) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode}
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if !field.IsExported() || leftOut(v.Field(i)) {
			continue
		}
		n.Content = append(n.Content, textNode(shorthand.MemberName(v.Type(), field.Name)), nodeOf(v.Field(i)))
	}
	if len(n.Content) == 0 {
		n.Style = yaml.FlowStyle
	}
	return n
}

// leftOut reports a member of a structure that says nothing.
func leftOut(v reflect.Value) bool {
	return v.Kind() != reflect.Bool && isUnset(v)
}
