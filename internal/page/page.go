// Package page makes web pages of deployments: one file each, without scripts and
// without anything from the network.
package page

import (
	"time"

	"github.com/cdx-deploy/cdx/internal/report"
)

// HTML is the page.
func HTML(all []report.Followed, now time.Time) string { return report.Summary(all, now) }
