package suggest_test

import (
	"testing"

	"github.com/cdx-deploy/cdx/internal/suggest"
)

func TestNearest(t *testing.T) {
	names := []string{"bucket", "key", "deployment-group-name", "staging", "Production"}
	tests := []struct{ name, want string }{
		{"buckett", "bucket"},
		{"deployment-group", "deployment-group-name"},
		{"deploymnet-group-nam", "deployment-group-name"},
		{"PRODUCTION", "Production"},
		{"prodution", "Production"},
		{"keys", "key"},
		{"kye", "key"},
		{"ekys", ""},
		{"stagign", "staging"},
		{"x", ""},
		{"", ""},
		{"something else", ""},
	}
	for _, tt := range tests {
		got, ok := suggest.Nearest(tt.name, names)
		if got != tt.want || ok != (tt.want != "") {
			t.Errorf("Nearest(%q) = %q, %v; want %q", tt.name, got, ok, tt.want)
		}
	}
}

func TestNearestOfNothing(t *testing.T) {
	if got, ok := suggest.Nearest("x", nil); ok {
		t.Errorf("Nearest among nothing = %q", got)
	}
}
