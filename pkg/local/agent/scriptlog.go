package agent

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

const (
	// tailSize is how many characters of an event's output reach CodeDeploy.
	tailSize = 2048
	// longestLine is how many bytes of a line are kept together in memory.
	longestLine = 64 << 10
)

// scriptLog takes the output of one event's scripts: all of it into the deployment's log file, each
// line with its time, and the last lines into the log tail.
// Source: aws/aws-codedeploy-agent hook_executor.rb, ScriptLog and log_script.
type scriptLog struct {
	now func() time.Time

	mu      sync.Mutex
	file    *bufio.Writer // flushed whenever there is nothing more to read for the moment
	fileErr error
	entries []string
	size    int // characters in entries
}

func newScriptLog(file io.Writer) *scriptLog {
	return &scriptLog{now: time.Now, file: bufio.NewWriterSize(file, longestLine)}
}

// heading logs a line of the agent's own.
func (l *scriptLog) heading(line string) {
	l.line("", line+"\n")
	l.flush()
}

// line logs a whole line, or the last one of a stream that does not end in a line feed.
func (l *scriptLog) line(prefix, line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.write(l.now().Format(time.DateTime) + " " + prefix + line)
	l.keep(prefix + line)
}

// piece logs a part of a line that is too long to be kept in memory.
func (l *scriptLog) piece(piece, prefix string, first bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if first {
		piece = l.now().Format(time.DateTime) + " " + prefix + piece
	}
	l.write(piece)
}

func (l *scriptLog) write(text string) {
	if _, err := l.file.WriteString(text); err != nil && l.fileErr == nil {
		l.fileErr = err
	}
}

func (l *scriptLog) flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.file.Flush(); err != nil && l.fileErr == nil {
		l.fileErr = err
	}
}

// keep adds an entry to the tail and drops the oldest that no longer fit. Agent v1 drops a line that
// is too long by itself, and with it all before it; here its end is kept, which says more.
func (l *scriptLog) keep(entry string) {
	entry = strings.ToValidUTF8(entry, "\uFFFD")
	length := utf8.RuneCountInString(entry)
	for length >= tailSize {
		cut := length - (tailSize - 1)
		entry = dropRunes(entry, cut)
		length -= cut
	}
	l.entries = append(l.entries, entry)
	l.size += length
	for l.size >= tailSize {
		l.size -= utf8.RuneCountInString(l.entries[0])
		l.entries = l.entries[1:]
	}
}

// dropRunes returns s without its first n characters.
func dropRunes(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[i:]
		}
		n--
	}
	return ""
}

// tail returns the end of what was logged, less than 2048 characters in whole lines.
func (l *scriptLog) tail() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.entries, "")
}

// failure returns the first error of writing the file.
func (l *scriptLog) failure() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.fileErr
}

// read logs a stream line by line until it ends or is closed.
func (l *scriptLog) read(prefix string, stream io.Reader) {
	lines := bufio.NewReaderSize(stream, longestLine)
	for {
		line, err := lines.ReadSlice('\n')
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			err = l.readLong(prefix, string(line), lines)
		case len(line) > 0:
			l.line(prefix, string(line))
		}
		if err != nil || lines.Buffered() == 0 {
			l.flush()
		}
		if err != nil {
			return
		}
	}
}

// readLong logs a line longer than the buffer, of which it has the beginning, and keeps its end.
func (l *scriptLog) readLong(prefix, beginning string, lines *bufio.Reader) error {
	l.piece(beginning, prefix, true)
	end := []byte(beginning)
	for {
		more, err := lines.ReadSlice('\n')
		l.piece(string(more), prefix, false)
		end = append(end, more...)
		end = bytes.Clone(end[max(0, len(end)-longestLine):])
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		l.mu.Lock()
		l.keep(prefix + string(end))
		l.mu.Unlock()
		return err
	}
}
