package settings

import (
	"os"
	"path/filepath"
)

// Load finds and reads the cdx.yml for a working directory; name, if not empty,
// is the file to read instead. Without a file it returns nil.
func Load(dir, name string) (*File, error) {
	if name == "" {
		found, err := Find(dir)
		if err != nil || found == "" {
			return nil, err
		}
		if here, err := os.Getwd(); err == nil {
			found = relative(here, found)
		}
		name = found
	}
	return ReadFile(name)
}

// Find looks for a cdx.yml from dir upwards to the folder that holds .git;
// without such a folder only in dir itself. It returns "" when there is none.
func Find(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	here := existing(filepath.Join(dir, FileName))
	found := here
	for at := dir; ; {
		if existing(filepath.Join(at, ".git")) != "" {
			return found, nil
		}
		up := filepath.Dir(at)
		if up == at {
			return here, nil
		}
		at = up
		if found == "" {
			found = existing(filepath.Join(at, FileName))
		}
	}
}

func existing(name string) string {
	if _, err := os.Lstat(name); err != nil {
		return ""
	}
	return name
}

// relative shortens name for messages when it lies at or below dir.
func relative(dir, name string) string {
	if short, err := filepath.Rel(dir, name); err == nil && filepath.IsLocal(short) {
		return short
	}
	return name
}
