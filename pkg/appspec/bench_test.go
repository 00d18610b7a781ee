package appspec

import (
	"fmt"
	"strings"
	"testing"
)

// sixtyLines is a file of the size that people have.
func sixtyLines() string {
	var b strings.Builder
	b.WriteString("# release\nversion: 0.0\nos: linux\nfiles:\n")
	for i := range 6 {
		fmt.Fprintf(&b, "  - source: build/part%d\n    destination: /srv/shop/part%d\n", i, i)
	}
	b.WriteString("permissions:\n")
	for i := range 4 {
		fmt.Fprintf(&b, "  - object: /srv/shop/part%d\n    owner: shop\n    group: web\n    mode: 755\n    type:\n      - file\n", i)
	}
	b.WriteString("hooks:\n")
	for _, event := range []string{"BeforeInstall", "AfterInstall", "ApplicationStart", "ValidateService"} {
		fmt.Fprintf(&b, "  %s:\n    - location: bin/%s.sh\n      timeout: 300\n      runas: root\n", event, event)
	}
	return b.String()
}

func BenchmarkCheck(b *testing.B) {
	text := []byte(sixtyLines())
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if findings := Check(Parse(FileName, text), Options{}); len(findings) != 0 {
			b.Fatalf("findings: %+v", findings)
		}
	}
}

func BenchmarkCheckNearTheLimit(b *testing.B) {
	for name, text := range hostileFiles(MaxSize) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Check(Parse(FileName, text), Options{})
			}
		})
	}
}

// hostileFiles are files of almost a size in bytes that are hard on a parser or a checker.
func hostileFiles(size int) map[string][]byte {
	fill := func(head, unit string) []byte {
		return []byte(head + strings.Repeat(unit, (size-len(head)-2)/len(unit)) + "\n")
	}
	var bomb strings.Builder
	bomb.WriteString("a0: &a0 [x, x]\n")
	for i := 1; i < 40; i++ {
		fmt.Fprintf(&bomb, "a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 10), ", "))
	}
	var hooks strings.Builder
	hooks.WriteString("version: 0.0\nos: linux\nx: &s [{location: a, time: 5}]\nhooks:\n")
	for i := range size / 52 {
		fmt.Fprintf(&hooks, "  E%d: *s\n", i)
	}
	var grants, unknown strings.Builder
	grants.WriteString("version: 0.0\nos: linux\nfiles:\n")
	for i := range size / 131 {
		fmt.Fprintf(&grants, "  - source: a%d\n    destination: /b%d\n", i, i)
	}
	grants.WriteString("permissions:\n")
	for i := range size / 131 {
		fmt.Fprintf(&grants, "  - object: /b%d/c\n    pattern: '*'\n", i)
	}
	unknown.WriteString("version: 0.0\nos: linux\n")
	for i := range size / 23 {
		fmt.Fprintf(&unknown, "permisions_%d:\n", i)
	}
	return map[string][]byte{
		"grants":      []byte(grants.String()),
		"unknown":     []byte(unknown.String()),
		"keys":        fill("version: 0.0\nos: linux\n", "a: b\n"),
		"brackets":    fill("version: 0.0\nos: linux\nx: ", "["),
		"dashes":      fill("version: 0.0\nos: linux\nx:\n", "- "),
		"comments":    fill("version: 0.0\nos: linux\n", "# x\n"),
		"quote":       fill("version: 0.0\nos: linux\nx: \"", "y "),
		"plain":       fill("version: 0.0\nos: linux\nx: ", "y "),
		"lines":       fill("version: 0.0\nos: linux\nx:", "\n\n y"),
		"questions":   fill("version: 0.0\nos: linux\n", "? "),
		"files":       fill("version: 0.0\nos: linux\nfiles:\n", "  - source: a\n    destination: /b\n"),
		"permissions": fill("version: 0.0\nos: linux\npermissions:\n", "  - object: /b\n    mode: 0644\n    owner: 5\n"),
		"nested":      fill("version: 0.0\nos: linux\nx: ", "{a: "),
		"bomb":        []byte(bomb.String()),
		"aliases":     []byte("version: 0.0\nos: linux\nx: &a [1, 2]\ny: [" + strings.Repeat("*a, ", size/12) + "*a]\n"),
		"hooks":       []byte(hooks.String()),
		"broken":      fill("version: 0.0\nos: linux\nx: [", "a, "),
		"slashes":     fill("version: 0.0\nos: linux\nx: \"", `\/`),
		"tabs":        fill("version: 0.0\nos: linux\n", "#\n\t#\n"),
	}
}
