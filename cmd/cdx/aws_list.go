package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/spf13/cobra"

	"github.com/cdx-deploy/cdx/pkg/revision/shorthand"
)

func newListDeploymentsCmd(p *program) *cobra.Command {
	c := newAWSCmd(p, "list-deployments", "List the IDs of deployments as the AWS CLI does", listDeployments)
	c.Args = nil // the AWS CLI takes several statuses after one flag
	c.Flags().String("application-name", "", "application")
	c.Flags().String("deployment-group-name", "", "deployment group")
	c.Flags().String("external-id", "", "ID of an external resource")
	c.Flags().StringArray("include-only-statuses", nil, "statuses to list")
	c.Flags().String("create-time-range", "", "start=TIME,end=TIME")
	addPaging(c)
	return c
}

func listDeployments(c *cobra.Command, clients *clients) (any, error) {
	in, err := listInput(c)
	if err != nil {
		return nil, err
	}
	if valueOf(c, "no-paginate") == "true" {
		return clients.codeDeploy.ListDeployments(c.Context(), in)
	}
	from, most, err := pagingOf(c)
	if err != nil {
		return nil, err
	}
	ids, rest, err := collect(from, most, func(token *string) ([]string, *string, error) {
		in.NextToken = token
		out, err := clients.codeDeploy.ListDeployments(c.Context(), in)
		if err != nil {
			return nil, nil, err
		}
		return out.Deployments, out.NextToken, nil
	})
	if err != nil {
		return nil, err
	}
	return &deploymentList{rest, ids}, nil
}

// deploymentList is what list-deployments prints. The AWS CLI's own token begins with a
// capital, unlike the service's.
type deploymentList struct {
	NextToken   *string  `json:"NextToken,omitempty"`
	Deployments []string `json:"deployments"`
}

// collect reads pages from a token on, until there are as many items as are wanted, or no
// more; most 0 means all. rest is the token to go on with; nil at the end.
func collect[T any](from listToken, most int, next func(token *string) (page []T, following *string, err error)) (items []T, rest *string, err error) {
	items = []T{}
	for {
		page, following, err := next(from.Page)
		if err != nil {
			return nil, nil, err
		}
		page = page[min(from.Shown, len(page)):]
		room := most - len(items)
		switch {
		case most > 0 && len(page) > room:
			return append(items, page[:room]...), listToken{from.Page, from.Shown + room}.encode(), nil
		case following == nil || *following == "":
			return append(items, page...), nil, nil
		case most > 0 && len(page) == room:
			return append(items, page...), listToken{Page: following}.encode(), nil
		}
		items, from = append(items, page...), listToken{Page: following}
	}
}

// addPaging defines the AWS CLI's flags of a list.
func addPaging(c *cobra.Command) {
	c.Flags().Int("max-items", 0, "list so many at most")
	c.Flags().String("starting-token", "", "NextToken of the list to go on with")
}

// pagingOf reads the flags of a list.
func pagingOf(c *cobra.Command) (from listToken, most int, err error) {
	most, _ = c.Flags().GetInt("max-items")
	if most < 1 && c.Flags().Changed("max-items") {
		return from, 0, &usageError{message: "--max-items: expected a whole number from 1", hint: "leave --max-items out to list all"}
	}
	return parseListToken(valueOf(c, "starting-token")), most, nil
}

// listToken says where a list goes on: at the page of the service's token, after the items
// of it that were shown already. It is written as the AWS CLI writes its own, so that the
// two can go on with each other's.
// Source: boto/botocore, botocore/paginate.py, TokenEncoder.
type listToken struct {
	Page  *string `json:"nextToken"`
	Shown int     `json:"boto_truncate_amount"`
}

func (t listToken) encode() *string {
	page, _ := json.Marshal(t.Page) // a string always has a JSON form
	text := `{"nextToken": ` + string(page)
	if t.Shown > 0 {
		text += `, "boto_truncate_amount": ` + strconv.Itoa(t.Shown)
	}
	return aws.String(base64.StdEncoding.EncodeToString([]byte(text + "}")))
}

// parseListToken reads a token, also one that is the service's own.
func parseListToken(text string) listToken {
	var token listToken
	data, err := base64.StdEncoding.DecodeString(text)
	if err == nil {
		err = json.Unmarshal(data, &token)
	}
	if err != nil || token.Shown < 0 {
		return listToken{Page: optional(text)}
	}
	return token
}

func listInput(c *cobra.Command) (*codedeploy.ListDeploymentsInput, error) {
	in := &codedeploy.ListDeploymentsInput{
		ApplicationName:     optional(valueOf(c, "application-name")),
		DeploymentGroupName: optional(valueOf(c, "deployment-group-name")),
		ExternalId:          optional(valueOf(c, "external-id")),
	}
	statuses, _ := c.Flags().GetStringArray("include-only-statuses")
	further := c.Flags().Args()
	if len(statuses) == 0 && len(further) > 0 {
		return nil, &usageError{message: fmt.Sprintf("unexpected argument %q", further[0]), hint: "see: aws deploy list-deployments help"}
	}
	for _, status := range append(statuses, further...) {
		in.IncludeOnlyStatuses = append(in.IncludeOnlyStatuses, types.DeploymentStatus(status))
	}
	if text := valueOf(c, "create-time-range"); text != "" {
		span, err := parseParameter("create-time-range", text, timeRange)
		if err != nil {
			return nil, err
		}
		in.CreateTimeRange = span
	}
	return in, nil
}

// timeRange reads start=TIME,end=TIME, each optional.
func timeRange(text string) (*types.TimeRange, error) {
	var span struct{ Start, End string }
	if err := shorthand.Decode(text, &span); err != nil {
		return nil, err
	}
	start, err := timestamp(span.Start)
	if err != nil {
		return nil, err
	}
	end, err := timestamp(span.End)
	return &types.TimeRange{Start: start, End: end}, err
}

// timestamp reads a time as the AWS CLI does: ISO 8601, in UTC where no zone is given,
// or seconds since 1970. It is nil for an empty text.
func timestamp(text string) (*time.Time, error) {
	if text == "" {
		return nil, nil
	}
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil {
		return aws.Time(time.Unix(seconds, 0)), nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", time.DateTime, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return &t, nil
		}
	}
	return nil, fmt.Errorf("expected a time such as 2026-01-31T12:00:00Z, not %q", text)
}
