package doctor

import (
	"strings"

	"github.com/cdx-deploy/cdx/internal/policy"
)

// permissions tells of each action that is needed whether AWS permits it, as far as
// the looks have shown: nothing that changes something was tried.
func (d *doctor) permissions() Findings {
	account := d.account
	if account == "" {
		account = policy.AnyAccount
	}
	var all Findings
	for _, p := range d.Permissions(account) {
		all = append(all, d.permission(p))
	}
	return all
}

// permissionCheck begins the name of each look at a permission.
const permissionCheck = "permission "

func (d *doctor) permission(p policy.Permission) Finding {
	check := permissionCheck + p.Action
	if p.Access == policy.Write {
		return Finding{check, NotChecked, "trying would change something", ""}
	}
	answered, denied := d.Observer.was(operationFor(p.Action))
	switch {
	case denied && p.Access == policy.Checked:
		return Finding{check, Failed, "not allowed, and CodeDeploy demands it of whoever creates a deployment", d.allow(p.Action)}
	case denied:
		return Finding{check, Warning, "not allowed on " + strings.Join(p.Resources, " "), d.allow(p.Action)}
	case answered:
		return Finding{check, Passed, "allowed", ""}
	default:
		return Finding{check, NotChecked, "there was nothing to try on", ""}
	}
}

// operationFor is the operation by which an action was tried; the action's own for
// CodeDeploy. Source: Amazon S3 user guide, "Required permissions for Amazon S3 API
// operations".
func operationFor(action string) string {
	switch action {
	case "s3:ListBucket":
		return "HeadBucket"
	case "s3:GetObject":
		return "HeadObject"
	case "s3:GetEncryptionConfiguration":
		return "GetBucketEncryption"
	case "s3:GetBucketPublicAccessBlock":
		return "GetPublicAccessBlock"
	default:
		_, operation, _ := strings.Cut(action, ":")
		return operation
	}
}
