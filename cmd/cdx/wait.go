package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cdx-deploy/cdx/internal/settings"
)

func newWaitCmd(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:   "wait [ID…]",
		Short: "Follow deployments to their end",
		Long: `Follows deployments until each has Succeeded, Failed or Stopped, explains a
failure, and prints a line "ID STATUS" for each. Without an ID it reads what
"aws deploy create-deployment" prints from standard input.`,
		Example: `  cdx wait d-ABCDEF123
  aws deploy create-deployment … | cdx wait --timeout 20m`,
		RunE: func(c *cobra.Command, args []string) error { return p.wait(c, args) },
	}
	settings.AddFlags(c.Flags(), waitFlags[1:]...)
	c.AddCommand(newDeploymentSuccessfulCmd(p))
	return c
}

func (p *program) wait(c *cobra.Command, ids []string) error {
	set, err := p.load(c)
	if err != nil {
		return err
	}
	if len(ids) == 0 {
		id, err := p.idFromInput()
		if err != nil {
			return err
		}
		ids = []string{id}
	}
	all, err := p.byID(c, set, ids)
	if err != nil {
		return err
	}
	outcomes, err := p.follow(c.Context(), all)
	for _, outcome := range outcomes {
		if outcome.Status() != "" {
			p.out.line(outcome.ID + " " + string(outcome.Status()))
		}
	}
	return err
}

// maxInputBytes bounds what is read from standard input.
const maxInputBytes = 1 << 20

// idFromInput reads create-deployment's answer, {"deploymentId": "d-…"}.
func (p *program) idFromInput() (string, error) {
	mistake := &usageError{message: "no deployment ID", hint: "give one, or pipe it in: aws deploy create-deployment … | cdx wait"}
	if p.streams.InTerminal {
		return "", mistake
	}
	data, err := io.ReadAll(io.LimitReader(p.streams.In, maxInputBytes))
	if err != nil {
		return "", fmt.Errorf("read standard input: %w", err)
	}
	var answer struct {
		DeploymentID string `json:"deploymentId"`
	}
	if err := json.Unmarshal(data, &answer); err != nil || answer.DeploymentID == "" {
		if id := strings.TrimSpace(string(data)); strings.HasPrefix(id, "d-") && !strings.ContainsAny(id, " \n\t") {
			return id, nil
		}
		mistake.message = `standard input holds no {"deploymentId": "d-…"}`
		return "", mistake
	}
	return answer.DeploymentID, nil
}
