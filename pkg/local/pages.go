package local

import (
	"encoding/base64"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// pageSize is how many names or IDs a list answers with at once.
const pageSize = 100

// page returns the page of names that a token asks for, and the token of the next one: nil on the last. A
// token says which name its page begins with, so what is added or removed elsewhere does not shift it.
func page(names []string, token *string) ([]string, *string, error) {
	start := 0
	if aws.ToString(token) != "" {
		first, err := base64.RawURLEncoding.DecodeString(*token)
		if err != nil || len(first) == 0 || first[0] != '>' {
			return nil, nil, exception("InvalidNextTokenException", "The next token %q is not valid", *token)
		}
		if start = slices.Index(names, string(first[1:])); start < 0 {
			return nil, nil, exception("InvalidNextTokenException", "The next token %q has expired", *token)
		}
	}
	end := min(start+pageSize, len(names))
	listed := append([]string{}, names[start:end]...)
	if end == len(names) {
		return listed, nil, nil
	}
	return listed, aws.String(base64.RawURLEncoding.EncodeToString([]byte(">" + names[end]))), nil
}
