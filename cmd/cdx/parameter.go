package main

import (
	"fmt"
	"strings"

	"github.com/cdx-deploy/cdx/internal/infile"
)

// parseParameter reads a flag in the AWS CLI's syntax, also file://NAME.
func parseParameter[T any](name, text string, parse func(string) (T, error)) (T, error) {
	var none T
	text, err := readParameter(name, text)
	if err != nil {
		return none, err
	}
	value, err := parse(text)
	if err != nil {
		return none, &usageError{message: fmt.Sprintf("--%s: %v", name, err), hint: "the syntax is the AWS CLI's: shorthand, JSON or file://NAME"}
	}
	return value, nil
}

// readParameter returns the value of a parameter that may name a file, as the
// AWS CLI has it: file://NAME.
func readParameter(name, text string) (string, error) {
	path, ok := strings.CutPrefix(text, "file://")
	if !ok {
		return text, nil
	}
	data, err := infile.Read(path, maxParameterBytes)
	if err != nil {
		return "", &usageError{message: fmt.Sprintf("--%s: %v", name, err), hint: "give an existing file after file://"}
	}
	if len(data) > maxParameterBytes {
		return "", &usageError{message: fmt.Sprintf("--%s: %s is larger than 1 MiB", name, path), hint: "give a smaller file after file://"}
	}
	return string(data), nil
}

// maxParameterBytes bounds what is read of a file given as parameter.
const maxParameterBytes = 1 << 20
