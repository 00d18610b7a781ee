//go:build !unix

package bundle

import "os"

// osFiles are the files of this machine.
type osFiles struct{}

func (osFiles) open(source string) (file, error) {
	f, err := os.Open(source)
	if err != nil {
		return nil, err
	}
	return f, nil
}
