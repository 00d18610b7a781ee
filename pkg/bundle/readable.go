package bundle

import (
	"cmp"
	"io"
	"sync"
)

// checkReadable opens every file, on several goroutines, and peeks into those whose
// name does not say whether they are secrets.
func (w *walker) checkReadable() {
	errs := make([]error, len(w.entries))
	secrets := make([]string, len(w.entries))
	var group sync.WaitGroup
	n := workers()
	for start := range n {
		group.Go(func() {
			for i := start; i < len(w.entries) && w.ctx.Err() == nil; i += n {
				if w.entries[i].Mode.IsRegular() {
					secrets[i], errs[i] = w.peek(&w.entries[i])
				}
			}
		})
	}
	group.Wait()
	for i := range w.entries {
		if errs[i] != nil {
			w.addUnopened(&w.entries[i], errs[i])
		}
		if secrets[i] != "" {
			w.warn(WarnSecret, w.entries[i].Path, "looks like "+secrets[i])
		}
	}
}

// addUnopened notes an entry that could not be opened. One that is gone since its folder
// was listed has changed.
func (w *walker) addUnopened(entry *Entry, err error) {
	if gone := readError(entry, err); isChanged(gone) {
		w.changed = cmp.Or(w.changed, gone)
		return
	}
	w.addUnreadable(entry.Path, err)
}

// peek opens a file, and says what kind of secret it looks like, "" for none.
func (w *walker) peek(entry *Entry) (secret string, err error) {
	f, err := w.files.open(entry.Source)
	if err != nil {
		return "", err
	}
	defer f.Close()
	secret, marker := secretByName(entry.Path)
	if marker == "" {
		return secret, nil
	}
	head := make([]byte, 8<<10)
	n, err := f.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return "", err
	}
	if !containsMarker(head[:n], marker) {
		return "", nil
	}
	return secret, nil
}
