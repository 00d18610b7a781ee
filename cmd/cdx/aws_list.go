package main

import (
	"encoding/base64"
	"encoding/json"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/cobra"
)

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
