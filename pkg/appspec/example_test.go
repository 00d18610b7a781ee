package appspec_test

import (
	"fmt"

	"github.com/cdx-deploy/cdx/pkg/appspec"
)

func ExampleCheck() {
	file := appspec.Parse("appspec.yml", []byte(`version: 0.0
os: linux
permissions:
  - object: /srv/shop
    mode: 0644
hooks:
  AfterInstal:
    - location: bin/migrate.sh
`))
	for _, f := range appspec.Check(file, appspec.Options{Disable: []string{"permission-matches-nothing"}}) {
		fmt.Printf("%s:%d:%d: %s: %s (%s)\n", file.Name(), f.Line, f.Column, f.Severity, f.Message, f.Fix)
	}
	// Output:
	// appspec.yml:5:11: error: agent v1 reads the mode 0644 as the number 420 (write '0644')
	// appspec.yml:7:3: warning: there is no lifecycle event "AfterInstal", so its scripts never run (did you mean AfterInstall?)
}

func ExampleFile_Spec() {
	file := appspec.Parse("appspec.yml", []byte("version: 0.0\nos: linux\nhooks:\n  AfterInstall:\n    - location: bin/go.sh\n      timeout: 1:30\n"))
	spec, err := file.Spec(appspec.AgentV1)
	fmt.Println(spec.Hooks["AfterInstall"][0].Timeout, err)
	_, err = file.Spec(appspec.AgentV2)
	fmt.Println(err)
	// Output:
	// 1h30m0s <nil>
	// agent v2 refuses the AppSpec file: agent v1 reads the timeout "1:30" as 5400 seconds, agent v2 refuses it
}
