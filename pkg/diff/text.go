package diff

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/appspec"
)

// CompareText tells how an AppSpec file, which is a revision by itself, differs from the
// text of another one. name is the file's, as a patch has it.
func CompareText(name string, old, text []byte) *Difference {
	d := &Difference{Basis: ByText, Entries: 1, contents: texts{old, text}}
	if !bytes.Equal(old, text) {
		d.Changes = []Change{{Path: name, Kind: Changed, Role: AppSpec, Old: &File{Size: int64(len(old))}, New: &File{Size: int64(len(text))}, Contents: true}}
	}
	if len(old) <= maxAppSpecDiff && len(text) <= maxAppSpecDiff {
		d.AppSpecDiff = hunks(old, text)
	}
	return d
}

// texts are the two versions of a text.
type texts struct{ old, text []byte }

func (t texts) before(_ context.Context, changes []*Change) iter.Seq2[version, error] {
	return func(yield func(version, error) bool) {
		for _, change := range changes {
			if !yield(version{change, t.old}, nil) {
				return
			}
		}
	}
}

func (t texts) after(context.Context, string) ([]byte, error) { return t.text, nil }

// ReadText reads an AppSpec file for ECS or Lambda that is an object in S3. Its errors are
// those of [Open], and a [*LimitError] for one that is larger than an AppSpec file may be.
func ReadText(ctx context.Context, api S3API, at *types.S3Location) ([]byte, error) {
	o, err := openObject(ctx, api, at, nil)
	if err != nil {
		return nil, unmarked(err)
	}
	if o.size > appspec.MaxSize {
		return nil, fmt.Errorf("read %s: %w", describe(at), &LimitError{What: "bytes of AppSpec file", Limit: appspec.MaxSize})
	}
	text := make([]byte, o.size)
	if _, err := io.ReadFull(io.NewSectionReader(&reader{ctx: ctx, object: o}, 0, o.size), text); err != nil {
		return nil, unmarked(err)
	}
	return text, nil
}

// isBinary tells by the same rule as git: a file with a NUL among its first 8000 bytes.
func isBinary(data []byte) bool {
	return bytes.IndexByte(data[:min(len(data), 8000)], 0) >= 0
}

// needsQuotes reports characters that would end a line or a name of a patch.
func needsQuotes(r rune) bool { return r < ' ' || r == 0x7f || r == '"' || r == '\\' }

// quoted is a path as patches have it: in double quotes with C's escapes if it has to be.
func quoted(name string) string {
	if !strings.ContainsFunc(name, needsQuotes) {
		return name
	}
	return inQuotes(name)
}

func inQuotes(name string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(name) {
		switch c := name[i]; {
		case c == '"' || c == '\\':
			b.WriteString(`\` + string(c))
		case c < ' ' || c == 0x7f:
			fmt.Fprintf(&b, `\%03o`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
