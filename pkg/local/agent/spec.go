package agent

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"github.com/cdx-deploy/cdx/pkg/appspec"
)

// readSpec reads a revision's AppSpec file as the agent does for every single event. Agent v1 looks
// for one name except in Install, which falls back. A revision without a folder has no scripts for
// agent v2: nil, nil.
// Source: aws/aws-codedeploy-agent hook_executor.rb parse_app_spec, command_executor.rb
// app_spec_real_path; src/lifecycle_event/executor.rs.
func (r *run) readSpec(archive string, fallBack bool) (spec *appspec.Spec, err error) {
	if _, err := os.Stat(archive); errors.Is(err, os.ErrNotExist) && r.v2 {
		return nil, nil
	}
	names := []string{appspec.FileName}
	if fallBack {
		names = append(names, "appspec.yaml")
	}
	data, err := readAppSpec(archive, names...)
	if errors.Is(err, os.ErrNotExist) {
		return nil, agentError(missingSpecText(archive))
	}
	if err != nil {
		return nil, err
	}
	return r.parseSpec(data)
}

// maxAppSpec is how large an AppSpec file may be, in bytes.
const maxAppSpec = 4 << 20

// readAppSpec reads the first of a revision's files that is there, without leaving its folder. A larger one
// than maxAppSpec is a [*LimitError].
func readAppSpec(archive string, names ...string) (data []byte, err error) {
	root, err := os.OpenRoot(archive)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	for _, name := range names {
		if data, err = readBounded(root, name); !errors.Is(err, os.ErrNotExist) {
			break
		}
	}
	return data, err
}

func readBounded(root *os.Root, name string) (data []byte, err error) {
	info, err := root.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() { // opening a pipe would wait for its writer
		return nil, fmt.Errorf("%s is no file", name)
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	data, err = io.ReadAll(io.LimitReader(f, maxAppSpec+1))
	if err == nil && len(data) > maxAppSpec {
		return nil, &LimitError{What: "bytes in " + name, Limit: maxAppSpec}
	}
	return data, err
}

func missingSpecText(archive string) string {
	return fmt.Sprintf("The CodeDeploy agent did not find an AppSpec file within the unpacked revision directory at revision-relative path %q. The revision was unpacked to directory %q, and the AppSpec file was expected but not found at path %q. Consult the AWS CodeDeploy Appspec documentation for more information at http://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file.html",
		appspec.FileName, archive, filepath.Join(archive, appspec.FileName))
}

// parseSpec parses an AppSpec file; agent v1 takes no other operating system than its own.
func (r *run) parseSpec(data []byte) (*appspec.Spec, error) {
	agent := appspec.AgentV1
	if r.v2 {
		agent = appspec.AgentV2
	}
	spec, err := appspec.Parse(appspec.FileName, data).Spec(agent)
	var refused *appspec.RefusedError
	if errors.As(err, &refused) {
		return nil, agentError(refused.Message)
	}
	if err != nil {
		return nil, err
	}
	if isForWindows := spec.OS == "windows"; !r.v2 && isForWindows != (runtime.GOOS == "windows") {
		return nil, agentError(fmt.Sprintf("The deployment failed because the application specification file specifies an unsupported operating system (%s). Specify either \"linux\" or \"windows\" in the os section of the AppSpec file, and then try again.", spec.OS))
	}
	return spec, nil
}
