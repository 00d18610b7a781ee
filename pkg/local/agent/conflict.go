package agent

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"syscall"
	"unicode/utf8"
)

// refuse records a conflict.
func (p *planner) refuse(at string, after int, message string, sources ...string) {
	p.out.Conflicts = append(p.out.Conflicts, Conflict{Path: at, Sources: sources, Message: message, AfterSteps: after})
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

// maxName is how many bytes a name may have on the file systems of Linux.
const maxName = 255

// mkdirProblem says why the folder could not be made; "" when it could.
func (p *planner) mkdirProblem(at string) string {
	if len(path.Base(at)) > maxName {
		return p.mkdirText("ENAMETOOLONG", at)
	}
	found, err := p.host.lookup(at, false)
	if err != nil {
		return p.mkdirText(lookProblem(err), at)
	}
	if found.exists() || p.planned[found.rel] != 0 {
		return p.mkdirText("EEXIST", at)
	}
	p.planned[found.rel] = fs.ModeDir
	if problem := p.parentProblem(found.rel); problem != "" {
		return p.mkdirText(problem, at)
	}
	return ""
}

// lookProblem names the system's refusal to look at a path.
func lookProblem(err error) string {
	if errors.Is(err, syscall.ENAMETOOLONG) {
		return "ENAMETOOLONG"
	}
	return "ELOOP"
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
		p.refuseStep(lookProblem(err), step)
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
