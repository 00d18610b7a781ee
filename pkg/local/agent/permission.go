package agent

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/cdx-deploy/cdx/pkg/appspec"
)

// planPermission applies one entry of the permissions section to what is planned: to its object when
// that is copied as a file, else to what it matches below its object when that is a folder.
// Source: aws/aws-codedeploy-agent installer.rb generate_instructions.
func (p *planner) planPermission(perm *appspec.Permission) {
	raw := p.style.raw(perm.Object)
	object := expand(raw)
	changed := 0
	if _, ok := p.copies[object]; ok {
		if slices.Contains(perm.Type, "file") && p.isForFile(perm, object) && p.allow(perm, object) {
			changed = 1
		}
	} else if _, ok := p.mkdirs[object]; ok || p.host.isDir(raw) {
		for _, at := range p.matches(perm, object) {
			if p.allow(perm, at) {
				changed++
			}
		}
	}
	p.noticePermission(perm, changed)
}

// isForFile reports, and refuses, what an entry for a single file must not have.
// Source: linux_permission_info.rb validate_file_permission, validate_file_acl.
func (p *planner) isForFile(perm *appspec.Permission, object string) bool {
	switch {
	case perm.Pattern != "**":
		p.refuse(object, 0, fmt.Sprintf("The deployment failed because the application specification file includes an object (%s) with an invalid pattern (%s), such as a pattern for a file applied to a directory. Correct the permissions section of the AppSpec file, and then try again.",
			perm.Object, perm.Pattern))
	case len(perm.Except) > 0:
		p.refuse(object, 0, fmt.Sprintf("The deployment failed because the except parameter for a pattern in the permissions section (%s) for the object named %s contains an invalid format. Update the AppSpec file, and then try again.",
			rubyList(perm.Except), perm.Object))
	default:
		return p.isForFileACL(perm, object)
	}
	return false
}

// isForFileACL reports, and refuses, default access control entries on a file.
func (p *planner) isForFileACL(perm *appspec.Permission, object string) bool {
	for _, entry := range perm.ACLs {
		if strings.HasPrefix(entry, "d:") || strings.HasPrefix(entry, "default:") {
			p.refuse(object, 0, "The deployment failed because the -d parameter has been specified to apply an acl setting to a file. This parameter is supported for directories only. Update the AppSpec file, and then try again.")
			return false
		}
	}
	return true
}

// matches returns the planned files and folders below the object that the entry is for.
func (p *planner) matches(perm *appspec.Permission, object string) []string {
	// Agent v2 compares with the object as the file has it, v1 with the expanded path.
	base := strings.TrimSuffix(object, "/") + "/"
	if p.v2 {
		base = strings.TrimSuffix(p.style.raw(perm.Object), "/") + "/"
	}
	pattern, except := p.matchers(perm)
	isMatch := func(at string) bool {
		rel, below := strings.CutPrefix(at, base)
		return below && pattern(rel) && !slices.ContainsFunc(except, func(m matcher) bool { return m(rel) })
	}
	var matched []string
	if slices.Contains(perm.Type, "file") {
		for _, at := range p.files {
			if isMatch(at) && p.isForFileACL(perm, at) {
				matched = append(matched, at)
			}
		}
	}
	if slices.Contains(perm.Type, "directory") {
		for _, at := range p.folders {
			if isMatch(at) {
				matched = append(matched, at)
			}
		}
	}
	return matched
}

func (p *planner) matchers(perm *appspec.Permission) (pattern matcher, except []matcher) {
	compile := func(text string) matcher { return matchV1(text, false) }
	pattern = matchV1(perm.Pattern, true)
	if p.v2 {
		compile, pattern = matchV2, matchV2(perm.Pattern)
	}
	for _, text := range perm.Except {
		except = append(except, compile(text))
	}
	return pattern, except
}

// allow applies an entry to one planned path. It reports whether it did.
func (p *planner) allow(perm *appspec.Permission, at string) bool {
	if p.allowed[at] {
		p.refuse(at, 0, fmt.Sprintf("The deployment failed because the permissions setting for (%s) is specified more than once in the application specification file. Update the files section of the AppSpec file, and then try again.", at))
		return false
	}
	p.allowed[at] = true
	if perm.Context != nil && perm.Context.Range == "" && !p.v2 {
		// Agent v1 asks every context for its range when it writes its instructions down.
		p.refuse(at, 0, "undefined method `get_range' for nil:NilClass")
		return false
	}
	step := p.stepAt(at)
	if step == nil {
		return true
	}
	step.Owner, step.Group = pick(perm.Owner, step.Owner), pick(perm.Group, step.Group)
	if perm.Mode != "" {
		p.chmod(step, perm.Mode)
	}
	return true
}

// chmod plans a mode. For a link it is that of what the link leads to.
func (p *planner) chmod(step *Step, mode string) {
	bits, err := strconv.ParseUint(mode, 8, 32)
	if err != nil {
		return // not accepted by the parser
	}
	target := p.behindLinks(step)
	switch {
	case target != nil:
		target.Mode = target.Mode.Type() | unixMode(uint32(bits))
	case p.host.exists(linkTarget(step)):
		p.notice(NoticeLink, step.Path, fmt.Sprintf("link to %s: the mode %s of what it leads to is not set", step.Link, mode))
	default:
		p.refuse(step.Path, len(p.out.Steps), p.chmodText(step.Path), step.Source)
	}
}

// behindLinks returns the planned file or folder that a step leads to; nil when there is none.
func (p *planner) behindLinks(step *Step) *Step {
	for range maxLinks {
		if step == nil || step.Link == "" {
			return step
		}
		step = p.stepAt(linkTarget(step))
	}
	return nil
}

// linkTarget is where a planned link leads, as a path of the host.
func linkTarget(step *Step) string {
	if path.IsAbs(step.Link) {
		return path.Clean(step.Link)
	}
	return path.Join(path.Dir(step.Path), step.Link)
}

// stepAt returns the planned step for a destination; nil when there is none.
func (p *planner) stepAt(at string) *Step {
	if i, ok := p.copies[at]; ok && p.out.Steps[i].Path == at {
		return &p.out.Steps[i]
	}
	if i, ok := p.mkdirs[at]; ok {
		return &p.out.Steps[i]
	}
	return nil
}

// noticePermission reports what of an entry is not applied to the paths that it is for.
func (p *planner) noticePermission(perm *appspec.Permission, paths int) {
	if paths == 0 {
		return
	}
	on := fmt.Sprintf("not set on %d files and folders: ", paths)
	if paths == 1 {
		on = "not set: "
	}
	if perm.Owner != "" || perm.Group != "" {
		p.notice(NoticeOwner, perm.Object, on+strings.Join(ownerWords(perm), ", "))
	}
	if len(perm.ACLs) > 0 {
		p.notice(NoticeACL, perm.Object, on+"access control list "+strings.Join(perm.ACLs, ","))
	}
	if perm.Context != nil {
		p.notice(NoticeContext, perm.Object, on+"SELinux type "+perm.Context.Type)
	}
}

func ownerWords(perm *appspec.Permission) []string {
	var words []string
	if perm.Owner != "" {
		words = append(words, "owner "+perm.Owner)
	}
	if perm.Group != "" {
		words = append(words, "group "+perm.Group)
	}
	return words
}

// unixMode turns the bits of a Unix mode into Go's.
func unixMode(bits uint32) fs.FileMode {
	mode := fs.FileMode(bits & 0o777)
	if bits&0o4000 != 0 {
		mode |= fs.ModeSetuid
	}
	if bits&0o2000 != 0 {
		mode |= fs.ModeSetgid
	}
	if bits&0o1000 != 0 {
		mode |= fs.ModeSticky
	}
	return mode
}

// pick returns the first of two texts that is not empty.
func pick(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// rubyList writes a list as Ruby prints it.
func rubyList(items []string) string {
	quoted := make([]string, len(items))
	for i, item := range items {
		quoted[i] = strconv.Quote(item)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}
