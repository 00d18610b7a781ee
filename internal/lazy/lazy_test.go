package lazy_test

import (
	"testing"

	"github.com/cdx-deploy/cdx/internal/lazy"
)

func TestRegexp(t *testing.T) {
	digits := lazy.Regexp(`^\d+$`)
	first, again := digits(), digits()
	if !first.MatchString("42") || first.MatchString("x") || first != again {
		t.Error("not one regular expression")
	}
	broken := lazy.Regexp(`(`) // no harm until it is used
	defer func() {
		if recover() == nil {
			t.Error("no panic for what is no regular expression")
		}
	}()
	broken()
}
