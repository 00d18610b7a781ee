package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/cdx-deploy/cdx/internal/awsjson"
	"github.com/cdx-deploy/cdx/pkg/prune"
	"github.com/cdx-deploy/cdx/pkg/revision"
)

// Prune renders what may be deleted and what stays as tables. size renders a number of
// bytes.
func Prune(plan *prune.Plan, size func(int64) string, s Screen) string {
	var b strings.Builder
	if objects := plan.In(prune.Unneeded); len(objects) > 0 {
		rows := [][]string{{"NOT NEEDED", "SIZE", "REGISTERED", "LAST USED"}}
		for _, o := range objects {
			rows = append(rows, []string{cell(revision.Describe(&o.Revision)), size(o.SizeBytes), cell(s.moment(timeOrNil(o.Registered))), cell(s.moment(timeOrNil(o.LastUsed)))})
		}
		b.WriteString(s.table(rows, 0))
	}
	if objects := plan.In(prune.Needed); len(objects) > 0 {
		rows := [][]string{{"STAYS", "BECAUSE"}}
		for _, o := range objects {
			rows = append(rows, []string{cell(revision.Describe(&o.Revision)), cell(because(o.Reasons))})
		}
		if b.Len() > 0 {
			b.WriteString("\n")
		}
		b.WriteString(s.table(rows, 0))
	}
	return b.String()
}

// because is the first of several reasons.
func because(reasons []string) string {
	if len(reasons) > 1 {
		return fmt.Sprintf("%s (and %d more)", reasons[0], len(reasons)-1)
	}
	return strings.Join(reasons, "")
}

func timeOrNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// PrunedObject is an object in the JSON output.
type PrunedObject struct {
	RevisionLocation any      `json:"revisionLocation"` // in AWS's shape
	State            string   `json:"state"`
	Deleted          bool     `json:"deleted"`
	SizeBytes        int64    `json:"sizeBytes,omitempty"`
	VersionID        string   `json:"versionId,omitempty"`
	RegisterTime     string   `json:"registerTime,omitempty"`
	LastUsedTime     string   `json:"lastUsedTime,omitempty"`
	Reasons          []string `json:"reasons,omitempty"`
}

// PruneJSON is what --output json says of each revision; deleted reports what was deleted.
// schema/output.json describes it.
func PruneJSON(plan *prune.Plan, deleted func(prune.Object) bool) []PrunedObject {
	list := []PrunedObject{}
	for _, o := range plan.Objects {
		list = append(list, PrunedObject{
			RevisionLocation: awsjson.Value{Of: o.Revision}, State: string(o.State), Deleted: o.State == prune.Unneeded && deleted(o),
			SizeBytes: o.SizeBytes, VersionID: o.VersionID, RegisterTime: moment(timeOrNil(o.Registered)), LastUsedTime: moment(timeOrNil(o.LastUsed)),
			Reasons: o.Reasons,
		})
	}
	return list
}
