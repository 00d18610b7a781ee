package main

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/spf13/cobra"

	"github.com/cdx-deploy/cdx/internal/awsapi/slim"
	"github.com/cdx-deploy/cdx/internal/awsjson"
	"github.com/cdx-deploy/cdx/pkg/revision"
)

// The commands here are those of `aws deploy` that look after deployments, applications,
// deployment groups, deployment configurations and revisions, for scripts that replace
// `aws deploy` by cdx. They ask nothing, as the AWS CLI does not.

// operation is a method of the client.
type operation[In, Out any] func(*slim.Client, context.Context, *In, ...func(*codedeploy.Options)) (*Out, error)

// newAWSManagementCmds are all of them.
func newAWSManagementCmds(p *program) []*cobra.Command {
	const application, group, config, deployment = "application-name", "deployment-group-name", "deployment-config-name", "deployment-id"
	return []*cobra.Command{
		newAWSOperation(p, "get-deployment", (*slim.Client).GetDeployment, deployment),
		newAWSList(p, "list-deployments", (*slim.Client).ListDeployments),
		newAWSOperation(p, "stop-deployment", (*slim.Client).StopDeployment, deployment),
		newAWSOperation(p, "continue-deployment", (*slim.Client).ContinueDeployment, deployment),

		newAWSOperation(p, "create-application", (*slim.Client).CreateApplication, application),
		newAWSOperation(p, "get-application", (*slim.Client).GetApplication, application),
		newAWSOperation(p, "batch-get-applications", (*slim.Client).BatchGetApplications, "application-names"),
		newAWSOperation(p, "update-application", (*slim.Client).UpdateApplication),
		newAWSOperation(p, "delete-application", (*slim.Client).DeleteApplication, application),
		newAWSList(p, "list-applications", (*slim.Client).ListApplications),

		newAWSOperation(p, "create-deployment-group", (*slim.Client).CreateDeploymentGroup, application, group, "service-role-arn"),
		newAWSOperation(p, "get-deployment-group", (*slim.Client).GetDeploymentGroup, application, group),
		newAWSOperation(p, "batch-get-deployment-groups", (*slim.Client).BatchGetDeploymentGroups, application, "deployment-group-names"),
		newAWSOperation(p, "update-deployment-group", (*slim.Client).UpdateDeploymentGroup, application, "current-deployment-group-name"),
		newAWSOperation(p, "delete-deployment-group", (*slim.Client).DeleteDeploymentGroup, application, group),
		newAWSList(p, "list-deployment-groups", (*slim.Client).ListDeploymentGroups, application),

		newAWSOperation(p, "create-deployment-config", (*slim.Client).CreateDeploymentConfig, config),
		newAWSOperation(p, "get-deployment-config", (*slim.Client).GetDeploymentConfig, config),
		newAWSOperation(p, "delete-deployment-config", (*slim.Client).DeleteDeploymentConfig, config),
		newAWSList(p, "list-deployment-configs", (*slim.Client).ListDeploymentConfigs),

		newAWSList(p, "list-application-revisions", (*slim.Client).ListApplicationRevisions, application),
		newAWSOperation(p, "batch-get-application-revisions", (*slim.Client).BatchGetApplicationRevisions, application, "revisions"),
		withLocations(newAWSOperation(p, "get-application-revision", (*slim.Client).GetApplicationRevision, application)),
		withLocations(newAWSOperation(p, "register-application-revision", (*slim.Client).RegisterApplicationRevision, application)),
	}
}

// send is an operation without its types: the commands are made of it, because the program
// would have all their code once for each operation.
type send func(client *slim.Client, ctx context.Context, in any) (out any, err error)

func (call operation[In, Out]) untyped() send {
	return func(client *slim.Client, ctx context.Context, in any) (any, error) {
		return call(client, ctx, in.(*In))
	}
}

// newAWSOperation is a hidden command that sends one operation and prints its answer.
func newAWSOperation[In, Out any](p *program, name string, call operation[In, Out], required ...string) *cobra.Command {
	return newAWSRequest(p, name, func() any { return new(In) }, call.untyped(), required)
}

func newAWSRequest(p *program, name string, blank func() any, call send, required []string) *cobra.Command {
	c := newAWSCmd(p, name, "Do what aws deploy "+name+" does", func(c *cobra.Command, clients *clients) (any, error) {
		in := blank()
		if err := readInput(c, in, required); err != nil {
			return nil, err
		}
		out, err := call(clients.codeDeploy, c.Context(), in)
		if err != nil {
			return nil, err
		}
		return answerOf(out, nil)
	})
	addInputFlags(c.Flags(), blank())
	return c
}

// readInput sets an operation's input by the flags.
func readInput(c *cobra.Command, in any, required []string) error {
	if err := readInputFlags(c, in); err != nil {
		return err
	}
	if err := readLocation(c, in); err != nil {
		return err
	}
	if valueOf(c, inputJSON) == "" {
		for _, name := range required {
			if !c.Flags().Changed(name) {
				return &usageError{message: "--" + name + " is missing", hint: "see: aws deploy " + strings.TrimPrefix(c.CommandPath(), "cdx ") + " help"}
			}
		}
	}
	return complement(c, in)
}

// answerOf is what the AWS CLI prints of an answer: nothing where nothing is in it, and the
// token of a list that was cut.
func answerOf(out any, rest *string) (any, error) {
	text, err := json.Marshal(awsjson.Value{Of: out})
	if err != nil {
		return nil, err
	}
	object := make(map[string]json.RawMessage)
	if err := json.Unmarshal(text, &object); err != nil {
		return nil, err
	}
	delete(object, "nextToken")
	if rest != nil {
		if object["NextToken"], err = json.Marshal(rest); err != nil {
			return nil, err
		}
	}
	if len(object) == 0 {
		return nil, nil
	}
	return printed(object), nil
}

// printed is an object that is JSON already.
type printed map[string]json.RawMessage

// MarshalJSON implements [json.Marshaler].
func (o printed) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]json.RawMessage(o))
}

// newAWSList is a hidden command that lists whole, as the AWS CLI does.
func newAWSList[In, Out any](p *program, name string, call operation[In, Out], required ...string) *cobra.Command {
	return newAWSListing(p, name, func() (in, out any) { return new(In), new(Out) }, call.untyped(), required)
}

func newAWSListing(p *program, name string, blank func() (in, out any), call send, required []string) *cobra.Command {
	c := newAWSCmd(p, name, "Do what aws deploy "+name+" does", func(c *cobra.Command, clients *clients) (any, error) {
		in, whole := blank()
		if err := readInput(c, in, required); err != nil {
			return nil, err
		}
		from, most, err := pagingOf(c)
		if err != nil {
			return nil, err
		}
		if valueOf(c, "no-paginate") == "true" {
			return call(clients.codeDeploy, c.Context(), in)
		}
		items, rest, err := collect(from, most, func(token *string) ([]reflect.Value, *string, error) {
			reflect.ValueOf(in).Elem().FieldByName(nextToken).Set(reflect.ValueOf(token))
			out, err := call(clients.codeDeploy, c.Context(), in)
			if err != nil {
				return nil, nil, err
			}
			return itemsOf(out), reflect.ValueOf(out).Elem().FieldByName(nextToken).Interface().(*string), nil
		})
		if err != nil {
			return nil, err
		}
		list := listIn(whole) // the AWS CLI prints no more of the pages than their items
		list.Set(reflect.Append(reflect.MakeSlice(list.Type(), 0, len(items)), items...))
		return answerOf(whole, rest)
	})
	in, _ := blank()
	addInputFlags(c.Flags(), in, nextToken)
	addPaging(c)
	return c
}

// nextToken is the member of the input and the output of all operations that list.
const nextToken = "NextToken"

// listIn is the list in the output of an operation that lists: the only one there.
func listIn(out any) reflect.Value {
	v := reflect.ValueOf(out).Elem()
	for i := range v.NumField() {
		if v.Field(i).Kind() == reflect.Slice {
			return v.Field(i)
		}
	}
	return reflect.Value{}
}

func itemsOf(out any) []reflect.Value {
	list := listIn(out)
	items := make([]reflect.Value, list.Len())
	for i := range items {
		items[i] = list.Index(i)
	}
	return items
}

// withLocations adds the AWS CLI's short forms of --revision.
func withLocations(c *cobra.Command) *cobra.Command {
	c.Flags().String("s3-location", "", "revision in S3, bucket=…,key=…,bundleType=…")
	c.Flags().String("github-location", "", "revision at GitHub, repository=…,commitId=…")
	return c
}

// readLocation makes the revision of an input of its short form.
func readLocation(c *cobra.Command, in any) error {
	into := revisionIn(in)
	if into == nil {
		return nil
	}
	by := ""
	if *into != nil {
		by = "revision"
	}
	for _, form := range []struct {
		flag  string
		parse func(string) (*types.RevisionLocation, error)
	}{{"s3-location", revision.ParseS3Location}, {"github-location", revision.ParseGitHubLocation}} {
		text := valueOf(c, form.flag)
		if text == "" {
			continue
		}
		if by != "" {
			return &usageError{message: fmt.Sprintf("--%s and --%s both name a revision", by, form.flag), hint: "give one of them"}
		}
		rev, err := parseParameter(form.flag, text, form.parse)
		if err != nil {
			return err
		}
		*into, by = rev, form.flag
	}
	if by == "" && valueOf(c, inputJSON) == "" {
		return &usageError{message: "the revision is missing", hint: "give --s3-location, --github-location or --revision"}
	}
	return nil
}

// revisionIn is where an input has its revision; nil for one without.
func revisionIn(in any) **types.RevisionLocation {
	switch in := in.(type) {
	case *codedeploy.GetApplicationRevisionInput:
		return &in.Revision
	case *codedeploy.RegisterApplicationRevisionInput:
		return &in.Revision
	}
	return nil
}

// spreadLists gives each value of a list a flag of its own, for the hidden commands of the
// AWS CLI's names: it writes --flag a b where cdx has --flag a --flag b. A flag without
// any value is an empty list.
func spreadLists(root *cobra.Command, args []string) []string {
	c, _, err := root.Find(args)
	if err != nil || !c.Hidden || c.DisableFlagParsing {
		return args
	}
	var spread []string
	for i := 0; i < len(args); i++ {
		name, isFlag := strings.CutPrefix(args[i], "--")
		f := c.Flags().Lookup(name)
		if !isFlag || f == nil {
			spread = append(spread, args[i])
			continue
		}
		if _, isList := f.Value.(*texts); !isList {
			spread = append(spread, args[i])
			continue
		}
		from := i + 1
		for i+1 < len(args) && !strings.HasPrefix(args[i+1], "-") {
			i++
			spread = append(spread, "--"+name+"="+args[i])
		}
		if i < from {
			spread = append(spread, "--"+name+"=[]")
		}
	}
	return spread
}
