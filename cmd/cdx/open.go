package main

import (
	"context"
	"os/exec"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/cdx-deploy/cdx/internal/report"
	"github.com/cdx-deploy/cdx/internal/settings"
)

func newOpenCmd(p *program) *cobra.Command {
	c := &cobra.Command{
		Use:     "open [ID…]",
		GroupID: furtherCommands,
		Short:   "Open a deployment in the AWS console",
		Long: `Prints the address of deployments in the AWS console and, on a terminal, opens
it in the browser. Without an ID it takes the deployment group's latest.`,
		Example: `  cdx open d-ABCDEF123
  cdx open -a my-app -g production`,
		RunE: func(c *cobra.Command, args []string) error { return p.open(c, args) },
	}
	settings.AddFlags(c.Flags(), groupFlags...)
	return c
}

func (p *program) open(c *cobra.Command, ids []string) error {
	all, err := p.named(c, ids)
	if err != nil {
		return err
	}
	var links []string
	for _, r := range all {
		link := report.ConsoleLink(r.clients.region, r.id)
		links = append(links, link)
		p.out.line(link)
		if p.streams.OutTerminal {
			p.browse(c.Context(), link)
		}
	}
	if p.out.structured() {
		p.out.object(map[string][]string{"links": links})
	}
	return nil
}

// browse opens an address in the browser. Where there is none, the address has been
// printed.
func (p *program) browse(ctx context.Context, link string) {
	name, args := p.opener()
	if name == "" {
		return
	}
	if err := exec.CommandContext(ctx, name, append(args, link)...).Run(); err != nil {
		p.progress.Detail(name + ": " + err.Error())
	}
}

// opener is the program that opens addresses; empty where nobody could look.
func (p *program) opener() (name string, args []string) {
	switch runtime.GOOS {
	case "darwin":
		return "open", nil
	case "windows":
		return "rundll32", []string{"url.dll,FileProtocolHandler"}
	}
	for _, variable := range []string{"DISPLAY", "WAYLAND_DISPLAY"} {
		if value, ok := p.lookupEnv(variable); ok && value != "" {
			return "xdg-open", nil
		}
	}
	return "", nil
}
