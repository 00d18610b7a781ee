package local

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// arn names a resource of CodeDeploy.
func (a *api) arn(kind, name string) string {
	return "arn:aws:codedeploy:" + a.options.Region + ":" + account + ":" + kind + ":" + name
}

func (a *api) applicationARN(name string) string { return a.arn("application", name) }

func (a *api) groupARN(applicationName, name string) string {
	return a.arn("deploymentgroup", applicationName+"/"+name)
}

// The lengths of a tag, in characters.
// Source: AWS CodeDeploy User Guide, "Quotas".
const (
	maxTagKey   = 128
	maxTagValue = 256
)

// validTags reports whether every tag has a key, and none is too long.
func validTags(tags []types.Tag) bool {
	return !slices.ContainsFunc(tags, func(tag types.Tag) bool {
		key := utf8.RuneCountInString(aws.ToString(tag.Key))
		return key == 0 || key > maxTagKey || utf8.RuneCountInString(aws.ToString(tag.Value)) > maxTagValue
	})
}

func checkTags(tags []types.Tag) error {
	if !validTags(tags) {
		return exception("InvalidTagsToAddException", "The specified tags are not valid: a tag has no key or is too long")
	}
	return nil
}

// setTags adds tags to a resource.
func (a *api) setTags(arn string, tags []types.Tag) {
	a.tags[arn] = mergeTags(a.tags[arn], tags)
}

// moveTags gives the tags of a resource that has another name now to that name.
func (a *api) moveTags(from, to string) {
	if tags := a.tags[from]; from != to && tags != nil {
		delete(a.tags, from)
		a.tags[to] = tags
	}
}

// mergeTags is present with given; of two tags with one key the given one stays.
func mergeTags(present, given []types.Tag) []types.Tag {
	merged := append([]types.Tag{}, withoutKeys(present, keysOf(given))...)
	return append(merged, given...)
}

// withoutTags is present without the tags that given has with the same value.
func withoutTags(present, given []types.Tag) []types.Tag {
	return slices.DeleteFunc(slices.Clone(present), func(tag types.Tag) bool {
		return slices.ContainsFunc(given, func(other types.Tag) bool {
			return aws.ToString(tag.Key) == aws.ToString(other.Key) && aws.ToString(tag.Value) == aws.ToString(other.Value)
		})
	})
}

func withoutKeys(present []types.Tag, keys []string) []types.Tag {
	return slices.DeleteFunc(slices.Clone(present), func(tag types.Tag) bool {
		return slices.Contains(keys, aws.ToString(tag.Key))
	})
}

func keysOf(tags []types.Tag) []string {
	keys := make([]string, len(tags))
	for i, tag := range tags {
		keys[i] = aws.ToString(tag.Key)
	}
	return keys
}

// checkResource checks that an ARN names something that is there.
func (a *api) checkResource(arn *string) error {
	if aws.ToString(arn) == "" {
		return exception("ResourceArnRequiredException", "The ARN of a resource is required, but was not found.")
	}
	parts := strings.SplitN(*arn, ":", 7)
	if len(parts) != 7 || parts[0] != "arn" || parts[2] != "codedeploy" {
		return exception("InvalidArnException", "The specified ARN is not in a valid format.")
	}
	switch name := parts[6]; parts[5] {
	case "application":
		_, err := a.findApplication(&name)
		return err
	case "deploymentgroup":
		applicationName, groupName, _ := strings.Cut(name, "/")
		_, _, err := a.findGroup(&applicationName, &groupName)
		return err
	}
	return exception("ArnNotSupportedException", "The specified ARN is not supported. For example, it might be an ARN for a resource that is not expected.")
}

func (a *api) tagResource(_ context.Context, in *codedeploy.TagResourceInput) (*codedeploy.TagResourceOutput, error) {
	if err := a.checkResource(in.ResourceArn); err != nil {
		return nil, err
	}
	if len(in.Tags) == 0 {
		return nil, exception("TagRequiredException", "A tag was not specified.")
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	a.setTags(*in.ResourceArn, in.Tags)
	return &codedeploy.TagResourceOutput{}, nil
}

func (a *api) untagResource(_ context.Context, in *codedeploy.UntagResourceInput) (*codedeploy.UntagResourceOutput, error) {
	if err := a.checkResource(in.ResourceArn); err != nil {
		return nil, err
	}
	if len(in.TagKeys) == 0 {
		return nil, exception("TagRequiredException", "A tag was not specified.")
	}
	a.tags[*in.ResourceArn] = withoutKeys(a.tags[*in.ResourceArn], in.TagKeys)
	return &codedeploy.UntagResourceOutput{}, nil
}

func (a *api) listTagsForResource(_ context.Context, in *codedeploy.ListTagsForResourceInput) (*codedeploy.ListTagsForResourceOutput, error) {
	if err := a.checkResource(in.ResourceArn); err != nil {
		return nil, err
	}
	return &codedeploy.ListTagsForResourceOutput{Tags: append([]types.Tag{}, a.tags[*in.ResourceArn]...)}, nil
}
