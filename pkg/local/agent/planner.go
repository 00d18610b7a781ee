package agent

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

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
	if p.opts.Previous != nil {
		p.opts.Installed = p.host.imagine(p.opts.Previous)
	}
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
	p.noticeModes()
	p.planEvents()
	return p.host.unseen
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

// noticeLink reports a link that is kept although the agent would copy the folder behind it.
func (p *planner) noticeLink(rel, target string) {
	if isAbsolute(target) || !isLocal(path.Join(path.Dir(rel), target)) {
		p.notice(NoticeLink, rel, fmt.Sprintf("link to %s leads out of the revision and is kept as a link; if that is a folder on the instance, its contents are copied", target))
	}
}

// noticeModes reports the bits of modes that are planned and not set.
func (p *planner) noticeModes() {
	for i := range p.out.Steps {
		step := &p.out.Steps[i]
		if step.Mode.IsDir() {
			continue
		}
		if step.Mode&fs.ModeSetuid != 0 {
			p.notice(NoticeMode, step.Path, "the set-user-ID bit of its mode is not set")
		}
		if step.Mode&fs.ModeSetgid != 0 {
			p.notice(NoticeMode, step.Path, "the set-group-ID bit of its mode is not set")
		}
	}
}

func isLocal(rel string) bool { return rel != ".." && !strings.HasPrefix(rel, "../") }

func (p *planner) notice(kind NoticeKind, where, message string) {
	p.out.Notices = append(p.out.Notices, Notice{Kind: kind, Where: where, Message: message})
}

// sourceName is how the agent's messages name a file of the revision.
func (p *planner) sourceName(rel string) string { return join(p.opts.RevisionName, rel) }

// join is Ruby's File.join.
func join(dir, name string) string {
	return strings.TrimRight(dir, "/") + "/" + strings.TrimLeft(name, "/")
}
