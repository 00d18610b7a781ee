package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxInputBytes bounds what is read from standard input.
const maxInputBytes = 1 << 20

// idsFromInput reads the IDs of deployments from standard input, as [parseIDs] finds them.
func (p *program) idsFromInput(ctx context.Context) ([]string, error) {
	if p.streams.InTerminal {
		return nil, noIDs("no deployment ID")
	}
	p.progress.Detail("reading the IDs of deployments from standard input")
	data, err := p.readInput(ctx, maxInputBytes+1)
	switch {
	case err != nil:
		return nil, err
	case len(data) > maxInputBytes:
		return nil, noIDs("standard input holds more than 1 MiB")
	}
	return parseIDs(data)
}

// readInput reads at most so many bytes from standard input. A signal ends it although a
// read goes on, which the end of the process ends too.
func (p *program) readInput(ctx context.Context, most int64) ([]byte, error) {
	type input struct {
		data []byte
		err  error
	}
	read := make(chan input, 1)
	go func() {
		data, err := io.ReadAll(io.LimitReader(p.streams.In, most))
		read <- input{data, err}
	}()
	select {
	case <-ctx.Done():
		return nil, fmt.Errorf("read standard input: %w", ctx.Err())
	case in := <-read:
		if in.err != nil {
			return nil, fmt.Errorf("read standard input: %w", in.err)
		}
		return in.data, nil
	}
}

func noIDs(message string) error {
	return &usageError{message: message, hint: "give IDs, or pipe them in: aws deploy create-deployment … | cdx wait"}
}

// parseIDs reads IDs of deployments: words, with or without quotes, or JSON, in which an ID
// stands as create-deployment, list-deployments and cdx itself print it. There may be
// several objects, a line each or not, and a byte-order mark before all.
func parseIDs(data []byte) (ids []string, err error) {
	data = bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\uFEFF")))
	if bytes.IndexAny(data, "{[") == 0 {
		ids, err = idsInJSON(data)
	} else {
		ids, err = idsInWords(string(data))
	}
	if err == nil && len(ids) == 0 {
		err = noIDs(`standard input holds no {"deploymentId": "d-…"}`)
	}
	return ids, err
}

func idsInWords(text string) ([]string, error) {
	var ids []string
	for _, word := range strings.Fields(text) {
		word = strings.Trim(word, `"',`)
		if !strings.HasPrefix(word, "d-") {
			return nil, noIDs(fmt.Sprintf("%q on standard input is no deployment ID", word))
		}
		ids = append(ids, word)
	}
	return ids, nil
}

func idsInJSON(data []byte) ([]string, error) {
	var ids []string
	decoder := json.NewDecoder(bytes.NewReader(data))
	for {
		var value any
		switch err := decoder.Decode(&value); {
		case errors.Is(err, io.EOF):
			return ids, nil
		case err != nil:
			return nil, noIDs("standard input is no JSON: " + err.Error())
		}
		ids = append(ids, idsIn(value)...)
	}
}

// idsIn are the IDs in a JSON value.
func idsIn(value any) []string {
	switch value := value.(type) {
	case string:
		if strings.HasPrefix(value, "d-") {
			return []string{value}
		}
	case []any:
		var ids []string
		for _, element := range value {
			ids = append(ids, idsIn(element)...)
		}
		return ids
	case map[string]any:
		var ids []string
		for _, name := range []string{"deploymentId", "deploymentInfo", "deployments"} {
			ids = append(ids, idsIn(value[name])...)
		}
		return ids
	}
	return nil
}
