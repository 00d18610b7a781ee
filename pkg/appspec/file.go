package appspec

// File is an AppSpec file as [Parse] read it. It is safe for concurrent use.
type File struct {
	name string
	data []byte
}

// Parse reads an AppSpec file. It never fails: what is wrong with the file comes out of
// [Check]. The name is for messages only. The file keeps data, which must not change.
func Parse(name string, data []byte) *File {
	return &File{name: name, data: data}
}

// Name returns the name given to [Parse].
func (f *File) Name() string { return f.name }

// Platform returns the platform that the file's own keys show; empty if they show none.
func (f *File) Platform() Platform { return "" }

// RefusedError reports that an agent refuses a file.
type RefusedError struct {
	Agent   Agent  // which agent
	Message string // what it says, in its own words where they help
	Line    int    // 1-based
	Column  int    // 1-based, counts characters
}

// Error says which agent refuses the file, and why.
func (e *RefusedError) Error() string {
	return "agent " + string(e.Agent) + " refuses the AppSpec file: " + e.Message
}

// Spec returns what the agent understands of a server file. The error is a
// [*RefusedError] when it would refuse the file.
func (f *File) Spec(agent Agent) (*Spec, error) { return &Spec{}, nil }

// Check returns everything that is wrong with the file, sorted by position.
func Check(f *File, opts Options) []Finding { return nil }
