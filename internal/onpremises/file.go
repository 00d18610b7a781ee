package onpremises

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// FileName is the usual name of the configuration file of an instance's agent.
const FileName = "codedeploy.onpremises.yml"

// configuration is what the agent reads.
// Source: CodeDeploy user guide, "Configure each on-premises instance for use with
// CodeDeploy"; aws/aws-codedeploy-agent, lib/instance_agent/config.rb.
func (r *Registration) configuration(key accessKey) string {
	text := "---\nregion: " + r.Region + "\n"
	if r.SessionARN != "" {
		return text + "iam_session_arn: " + r.SessionARN + "\naws_credentials_file: " + r.CredentialsFile + "\n"
	}
	return text + "iam_user_arn: " + r.UserARN + "\naws_access_key_id: " + key.id + "\naws_secret_access_key: " + key.secret + "\n"
}

// ExistsError says that there is a file already, which was not asked to be overwritten.
type ExistsError struct{ File string }

// Error names the file.
func (e *ExistsError) Error() string { return e.File + " is there already" }

// draft is a file beside the one that is to be written. It is made before anything else
// happens, so that a folder that cannot be written into is found early.
type draft struct {
	f      *os.File
	target string
}

// begin makes a draft, readable by its owner only.
func begin(target string, overwrite bool) (*draft, error) {
	switch info, err := os.Lstat(target); {
	case err == nil && info.IsDir():
		return nil, fmt.Errorf("write the configuration file: %s is a folder", target)
	case err == nil && !overwrite:
		return nil, &ExistsError{target}
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("write the configuration file: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(target), "."+filepath.Base(target)+".*") // mode 0600
	if err != nil {
		return nil, fmt.Errorf("write the configuration file: %w", err)
	}
	return &draft{f, target}, nil
}

// write puts everything onto the disk.
func (d *draft) write(text string) error {
	_, err := d.f.WriteString(text)
	if err == nil {
		err = d.f.Sync()
	}
	if err = errors.Join(err, d.f.Close()); err != nil {
		return fmt.Errorf("write the configuration file: %w", err)
	}
	return nil
}

// keep gives the draft its name.
func (d *draft) keep() error {
	if err := os.Rename(d.f.Name(), d.target); err != nil {
		return fmt.Errorf("the configuration is in %s, and cannot be renamed: %w", d.f.Name(), err)
	}
	return nil
}

// drop removes the draft.
func (d *draft) drop() {
	if d != nil {
		_ = d.f.Close() // it may be closed already
		_ = os.Remove(d.f.Name())
	}
}
