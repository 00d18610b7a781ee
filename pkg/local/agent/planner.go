package agent

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/cdx-deploy/cdx/pkg/appspec"
)

const defaultMaxEntries = 1_000_000

// planner makes a [Plan] the way the agent makes its instructions: it walks the files section, then
// the permissions section, with its eyes on what the host would look like after the removal.
// Source: aws/aws-codedeploy-agent installer.rb generate_instructions, install_instruction.rb.
type planner struct {
	revision sources
	spec     *appspec.Spec
	host     *hostRoot
	opts     PlanOptions
	style    style
	v2       bool
	exists   string // file exists behaviour
	out      *Plan

	copies  map[string]int  // destination → index of its step
	mkdirs  map[string]int  // folder → index of its step
	folders []string        // the keys of mkdirs in order
	files   []string        // the keys of copies in order
	allowed map[string]bool // objects that a permission was applied to
	// planned has the types of what will be there by its place on disk: two paths can lead to one.
	planned map[string]fs.FileMode
}

// isFile marks a planned file, whose type bits are zero.
const isFile = fs.ModeIrregular

func newPlanner(revision fs.FS, spec *appspec.Spec, host *hostRoot, opts PlanOptions) *planner {
	if opts.RevisionName == "" {
		opts.RevisionName = "deployment-archive"
	}
	if opts.MaxEntries == 0 {
		opts.MaxEntries = defaultMaxEntries
	}
	p := &planner{
		revision: sources{revision}, spec: spec, host: host, opts: opts, out: &Plan{},
		style:  style{windows: spec.OS == "windows"},
		v2:     opts.Agent == appspec.AgentV2,
		exists: string(opts.FileExistsBehavior),
		copies: map[string]int{}, mkdirs: map[string]int{}, allowed: map[string]bool{}, planned: map[string]fs.FileMode{},
	}
	if spec.FileExistsBehavior != "" {
		p.exists = spec.FileExistsBehavior
	}
	if p.exists == "" {
		p.exists = "DISALLOW"
	}
	return p
}

func (p *planner) plan(ctx context.Context) error {
	if err := p.planRemoval(); err != nil {
		return err
	}
	for _, mapping := range p.spec.Files {
		if err := p.planMapping(ctx, mapping); err != nil {
			return err
		}
	}
	for i := range p.spec.Permissions {
		p.planPermission(&p.spec.Permissions[i])
	}
	p.planEvents()
	return nil
}

// planMapping plans one entry of the files section.
func (p *planner) planMapping(ctx context.Context, m appspec.FileMapping) error {
	rel, ok := p.style.source(m.Source)
	if !ok {
		p.refuse(m.Destination, 0, fmt.Sprintf("source %s leads out of the revision, and only files of the revision are installed here", m.Source), m.Source)
		return nil
	}
	if !p.v2 && strings.HasPrefix(m.Destination, "~") {
		p.refuse(m.Destination, len(p.out.Steps), p.mkdirText("EEXIST", agentHome), rel)
		return nil
	}
	destination := m.Destination
	if p.v2 && (destination == "~" || strings.HasPrefix(destination, "~/")) {
		destination = agentHome + destination[1:]
	}
	from, info := p.revision.find(rel, true)
	if info != nil && info.IsDir() {
		return p.planDirMapping(ctx, from, destination)
	}
	return p.planFileMapping(m.Source, rel, destination)
}

// planDirMapping plans a source that is a folder: its contents go into the destination.
func (p *planner) planDirMapping(ctx context.Context, from source, destination string) error {
	if destination == "" {
		p.refuse(agentDir, len(p.out.Steps), p.mkdirText("EEXIST", agentDir), from.rel)
		return nil
	}
	raw := p.place(destination)
	p.planAncestors(raw)
	return p.planTree(ctx, from, raw)
}

// planFileMapping plans a source that is a file, or nothing: it goes into the destination.
func (p *planner) planFileMapping(written, rel, destination string) error {
	if destination == "" {
		destination = "/"
	}
	raw := join(p.place(destination), path.Base(rel))
	p.planAncestors(raw)
	if !p.proceed(rel, raw) {
		return nil
	}
	from, info := p.revision.find(rel, false)
	switch {
	case info == nil:
		p.refuse(expand(raw), len(p.out.Steps), p.openText("ENOENT", rel), rel)
		return nil
	case strings.HasSuffix(written, "/"):
		p.refuse(expand(raw), len(p.out.Steps), p.openText("ENOTDIR", rel+"/"), rel)
		return nil
	}
	return p.addCopy(from, raw, info)
}

// place returns a destination as a raw path of the host. The agent's working directory is there on
// an instance; here it is planned when something goes into it.
func (p *planner) place(destination string) string {
	raw := p.style.raw(destination)
	if strings.HasPrefix(raw, agentDir+"/") {
		p.planAncestors(agentDir + "/.")
	}
	return raw
}

// planTree plans the contents of a folder of the revision. Links to folders are followed, which can
// go in circles until too many links are on the way.
func (p *planner) planTree(ctx context.Context, from source, raw string) error {
	if !p.host.isDir(raw) {
		p.planMkdir(raw)
	}
	entries, err := fs.ReadDir(p.revision.fsys, from.real)
	if err != nil {
		return fmt.Errorf("read folder %s of the revision: %w", from.rel, err)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, entry := range entries {
		if err := p.planEntry(ctx, entry, from.in(entry.Name()), join(raw, entry.Name())); err != nil {
			return err
		}
	}
	return nil
}

func (p *planner) planEntry(ctx context.Context, entry fs.DirEntry, from source, raw string) error {
	if entry.IsDir() {
		return p.planTree(ctx, from, raw)
	}
	if entry.Type()&fs.ModeSymlink != 0 {
		if folder, ok := p.revision.behind(from); ok {
			return p.planTree(ctx, folder, raw)
		}
	}
	if !p.proceed(from.rel, raw) {
		return nil
	}
	info, err := entry.Info()
	if err != nil {
		return fmt.Errorf("look at %s of the revision: %w", from.rel, err)
	}
	return p.addCopy(from, raw, info)
}

// planAncestors plans the folders above a destination that are missing, before anything is written.
func (p *planner) planAncestors(raw string) {
	var missing []string
	for dir := dirname(raw); dir != "/" && !p.host.exists(dir); dir = dirname(dir) {
		missing = append(missing, dir)
	}
	for _, dir := range slices.Backward(missing) {
		p.planMkdir(dir)
	}
}

// planMkdir plans a folder, unless it is planned already.
func (p *planner) planMkdir(raw string) {
	at := expand(raw)
	if i, ok := p.copies[at]; ok {
		p.refuse(at, 0, fmt.Sprintf("The deployment failed because the application specification file includes an mkdir command more than once for the same destination path (%s) from (%s). Update the files section of the AppSpec file, and then try again.",
			at, p.sourceName(p.out.Steps[i].Source)), p.out.Steps[i].Source)
		return
	}
	if _, ok := p.mkdirs[at]; ok {
		return
	}
	if text := p.mkdirProblem(at); text != "" {
		p.refuse(at, len(p.out.Steps), text)
	}
	p.mkdirs[at] = len(p.out.Steps)
	p.folders = append(p.folders, at)
	p.checkName(at)
	p.out.Steps = append(p.out.Steps, Step{Path: at, Mode: fs.ModeDir | 0o755})
}

// mkdirProblem says why the folder could not be made; "" when it could.
func (p *planner) mkdirProblem(at string) string {
	found, err := p.host.lookup(at, false)
	if err != nil || found.exists() || p.planned[found.rel] != 0 {
		return p.mkdirText("EEXIST", at)
	}
	p.planned[found.rel] = fs.ModeDir
	if problem := p.parentProblem(found.rel); problem != "" {
		return p.mkdirText(problem, at)
	}
	return ""
}

// parentProblem says what is wrong with the folder that something is to be made in: it is a file, or
// it will not be there. "" means nothing. The path is one below the root without links.
func (p *planner) parentProblem(rel string) string {
	dir := path.Dir(rel)
	info, err := p.host.lstat(dir)
	switch {
	case err != nil:
		return "ENOENT"
	case dir == ".", p.planned[dir] == fs.ModeDir, info != nil && info.IsDir():
		return ""
	case p.planned[dir] != 0 || p.isBelowFile(dir):
		return "ENOTDIR"
	}
	return "ENOENT"
}

// isBelowFile reports whether what is missing at rel has a file above it.
func (p *planner) isBelowFile(rel string) bool {
	for ; rel != "."; rel = path.Dir(rel) {
		if info, err := p.host.lstat(rel); err == nil && info != nil {
			return !info.IsDir()
		}
	}
	return false
}

// proceed applies the file exists behaviour: it reports whether the file is to be copied.
func (p *planner) proceed(rel, raw string) bool {
	if !p.host.exists(raw) {
		return true
	}
	switch p.exists {
	case "OVERWRITE":
		return true
	case "RETAIN":
	case "DISALLOW":
		p.refuse(expand(raw), 0, "The deployment failed because a specified file already exists at this location: "+raw, rel)
	default:
		p.refuse(expand(raw), 0, fmt.Sprintf("The deployment failed because an invalid option was specified for fileExistsBehavior: %s. Valid options include OVERWRITE, RETAIN, and DISALLOW.", p.exists), rel)
	}
	return false
}

// addCopy adds the step that copies a file or link of the revision.
func (p *planner) addCopy(from source, raw string, info fs.FileInfo) error {
	if len(p.out.Steps) >= p.opts.MaxEntries {
		return &LimitError{What: "files and folders to install", Limit: int64(p.opts.MaxEntries)}
	}
	at, rel := expand(raw), from.rel
	if p.isTaken(rel, at) {
		return nil
	}
	step := Step{Path: at, Source: rel, real: from.real, Mode: info.Mode()}
	switch {
	case info.Mode().IsRegular():
		step.Size = info.Size()
	case info.Mode()&fs.ModeSymlink != 0:
		target, err := fs.ReadLink(p.revision.fsys, from.real)
		if err != nil {
			return fmt.Errorf("read link %s of the revision: %w", rel, err)
		}
		step.Link, step.Mode = target, fs.ModeSymlink|0o777
		p.noticeLink(rel, target)
	default:
		p.refuse(at, len(p.out.Steps), fmt.Sprintf("%s is neither a file, a folder nor a link", p.sourceName(rel)), rel)
		return nil
	}
	p.checkName(at, rel)
	p.settle(&step)
	p.copies[at] = len(p.out.Steps)
	p.files = append(p.files, at)
	p.out.Steps = append(p.out.Steps, step)
	return nil
}

// isTaken reports, and refuses, a destination that another source has.
func (p *planner) isTaken(rel, at string) bool {
	if i, ok := p.copies[at]; ok {
		other := p.out.Steps[i].Source
		p.refuse(at, 0, fmt.Sprintf("The deployment failed because the application specification file specifies two source files named %s and %s for the same destination (%s). Remove one of the source file paths from the AppSpec file, and then try again.",
			p.sourceName(rel), p.sourceName(other), at), rel, other)
		return true
	}
	if _, ok := p.mkdirs[at]; ok {
		p.refuse(at, 0, fmt.Sprintf("The deployment failed because the application specification file calls for installing the file %s, but a file with that name already exists at the location (%s). Update your AppSpec file or directory structure, and then try again.",
			p.sourceName(rel), at), rel)
		return true
	}
	return false
}

// checkName refuses a name that agent v1 cannot write into its instructions, which are JSON.
func (p *planner) checkName(at string, sources ...string) {
	if !p.v2 && !utf8.ValidString(at) {
		p.refuse(at, 0, "source sequence is illegal/malformed utf-8", sources...)
	}
}

// settle looks at what is, or will be, at the step's destination already.
func (p *planner) settle(step *Step) {
	found, err := p.host.lookup(step.Path, false)
	if err == nil && step.Link == "" {
		found, err = p.host.lookup(step.Path, true)
	}
	if err != nil {
		p.refuseStep("ELOOP", step)
		return
	}
	kind, taken := p.planned[found.rel]
	if step.Link != "" && (found.exists() || taken) {
		p.refuseStep("EEXIST", step)
		return
	}
	if problem := p.parentProblem(found.rel); problem != "" {
		p.refuseStep(problem, step)
		return
	}
	if !taken {
		p.planned[found.rel] = kindOf(step.Mode)
	}
	step.Replaces = found.exists()
	if step.Link == "" && (found.isDir() || kind == fs.ModeDir) {
		p.settleInFolder(step)
	}
}

// refuseStep records that the operating system will refuse a step.
func (p *planner) refuseStep(name string, step *Step) {
	p.refuse(step.Path, len(p.out.Steps), p.writeText(name, step), step.Source)
}

// kindOf returns a mode's type for [planner.planned].
func kindOf(mode fs.FileMode) fs.FileMode {
	if mode.IsRegular() {
		return isFile
	}
	return mode.Type()
}

// settleInFolder plans a file whose destination is a folder: agent v1 copies into it, v2 fails.
func (p *planner) settleInFolder(step *Step) {
	inside := join(step.Path, path.Base(step.Source))
	found, err := p.host.lookup(inside, true)
	if p.v2 || err != nil || found.isDir() || p.planned[found.rel] == fs.ModeDir {
		p.refuseStep("EISDIR", step)
		return
	}
	step.Path, step.Replaces = inside, found.exists()
	p.planned[found.rel] = isFile
}

// noticeLink reports a link that is kept although the agent would copy the folder behind it.
func (p *planner) noticeLink(rel, target string) {
	if isAbsolute(target) || !isLocal(path.Join(path.Dir(rel), target)) {
		p.notice(NoticeLink, rel, fmt.Sprintf("link to %s leads out of the revision and is kept as a link; if that is a folder on the instance, its contents are copied", target))
	}
}

func isLocal(rel string) bool { return rel != ".." && !strings.HasPrefix(rel, "../") }

// refuse records a conflict.
func (p *planner) refuse(at string, after int, message string, sources ...string) {
	p.out.Conflicts = append(p.out.Conflicts, Conflict{Path: at, Sources: sources, Message: message, AfterSteps: after})
}

func (p *planner) notice(kind NoticeKind, where, message string) {
	p.out.Notices = append(p.out.Notices, Notice{Kind: kind, Where: where, Message: message})
}

// sourceName is how the agent's messages name a file of the revision.
func (p *planner) sourceName(rel string) string { return join(p.opts.RevisionName, rel) }

// join is Ruby's File.join.
func join(dir, name string) string {
	return strings.TrimRight(dir, "/") + "/" + strings.TrimLeft(name, "/")
}
