// Package awsjson reads and writes the AWS JSON 1.1 protocol's bodies from and into the structs of the
// AWS SDK for Go's CodeDeploy client, which carry no JSON tags: a server's half of what the SDK does.
//
// Members have lower camel case names (deploymentId for DeploymentId), except those of tags and of a
// deployment's overview, which the service's model spells Key, Value and Succeeded. Timestamps are seconds since the epoch with a fraction.
// Source: the CodeDeploy service model, version 2014-10-06.
package awsjson

import (
	"reflect"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/smithy-go/middleware"
)

var (
	timeType     = reflect.TypeFor[time.Time]()
	metadataType = reflect.TypeFor[middleware.Metadata]()
)

// member is the wire name of a struct's field; empty for fields that are not on the wire.
func member(owner reflect.Type, field reflect.StructField) string {
	switch {
	case !field.IsExported(), field.Type == metadataType:
		return ""
	case field.Name == "String_": // the SDK's way round the method name String
		return "string"
	case capitalised(owner):
		return field.Name
	}
	first, size := utf8.DecodeRuneInString(field.Name)
	return string(unicode.ToLower(first)) + field.Name[size:]
}

// capitalised reports the structs whose members begin with a capital letter on the wire.
func capitalised(t reflect.Type) bool {
	switch t {
	case reflect.TypeFor[types.DeploymentOverview](),
		reflect.TypeFor[types.Tag](), reflect.TypeFor[types.TagFilter](), reflect.TypeFor[types.EC2TagFilter](),
		reflect.TypeFor[codedeploy.TagResourceInput](), reflect.TypeFor[codedeploy.UntagResourceInput](),
		reflect.TypeFor[codedeploy.ListTagsForResourceInput](), reflect.TypeFor[codedeploy.ListTagsForResourceOutput]():
		return true
	}
	return false
}
