package main

import (
	"io"

	"github.com/spf13/cobra"
)

func newCompletionCmd(p *program) *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	return &cobra.Command{
		Use:     "completion bash|zsh|fish|powershell",
		GroupID: furtherCommands,
		Short:   "Print the completion script of a shell",
		Long: `Prints the script that completes cdx's commands and flags.

  bash        cdx completion bash > /etc/bash_completion.d/cdx
  zsh         cdx completion zsh > "${fpath[1]}/_cdx"
  fish        cdx completion fish > ~/.config/fish/completions/cdx.fish
  powershell  cdx completion powershell | Out-String | Invoke-Expression`,
		Args:                  usage(cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs)),
		ValidArgs:             shells,
		DisableFlagsInUseLine: true,
		RunE: func(c *cobra.Command, args []string) error {
			return writeCompletion(c.Root(), args[0], p.streams.Out)
		},
	}
}

func writeCompletion(root *cobra.Command, shell string, w io.Writer) error {
	switch shell {
	case "bash":
		return root.GenBashCompletionV2(w, true)
	case "zsh":
		return root.GenZshCompletion(w)
	case "fish":
		return root.GenFishCompletion(w, true)
	default:
		return root.GenPowerShellCompletionWithDesc(w)
	}
}
