package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"time"
)

// command is a program to be timed.
type command struct {
	args    []string
	dir     string   // where it runs
	environ []string // added to this process's
}

// pair are two commands that do the same.
type pair struct {
	what      string
	cdx, peer command

	ratios, own, other []float64 // seconds, and the peer's by cdx's, run by run
	peakBytes          int64     // the most memory that cdx had
}

// time runs both commands in turn, after a run of each that does not count.
func (p *pair) time(ctx context.Context, runs int) error {
	for i := range runs + 1 {
		own, err := p.cdx.run(ctx, i)
		if err != nil {
			return err
		}
		other, err := p.peer.run(ctx, i)
		if err != nil {
			return err
		}
		if i == 0 {
			continue
		}
		p.own, p.other = append(p.own, own.seconds), append(p.other, other.seconds)
		p.ratios = append(p.ratios, other.seconds/own.seconds)
		p.peakBytes = max(p.peakBytes, own.peakBytes)
	}
	return nil
}

func (p *pair) row() string {
	peak := "?"
	if p.peakBytes > 0 {
		peak = fmt.Sprintf("%.0f MiB", float64(p.peakBytes)/(1<<20))
	}
	return fmt.Sprintf("| %s | %.2f s | %.2f s | %.2f (%.2f to %.2f) | %s |", p.what,
		median(p.own), median(p.other), median(p.ratios), slices.Min(p.ratios), slices.Max(p.ratios), peak)
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 0 {
		return (sorted[middle-1] + sorted[middle]) / 2
	}
	return sorted[middle]
}

// measured is what one run took.
type measured struct {
	seconds   float64
	peakBytes int64 // 0 where the system does not tell
}

// run runs the command. RUN in an argument becomes the run's number, so that each can
// have a key of its own.
func (c command) run(ctx context.Context, number int) (measured, error) {
	args := make([]string, len(c.args))
	for i, arg := range c.args {
		args[i] = string(bytes.ReplaceAll([]byte(arg), []byte("RUN"), fmt.Append(nil, number)))
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	var complaint bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = c.dir, io.Discard, &complaint
	cmd.Env = append(os.Environ(), c.environ...)
	started := time.Now()
	if err := cmd.Run(); err != nil {
		return measured{}, fmt.Errorf("%v: %w: %s", args, err, complaint.Bytes())
	}
	return measured{time.Since(started).Seconds(), peakOf(cmd.ProcessState)}, nil
}
