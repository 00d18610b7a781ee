package main

import (
	"bytes"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

func newCompletionCmd(p *program) *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	return &cobra.Command{
		Use:     "completion bash|zsh|fish|powershell",
		GroupID: furtherCommands,
		Short:   "Print the completion script of a shell",
		Long: `Prints the script that completes cdx's commands, flags and their values. Names of
applications, deployment groups, deployments and deployment configurations come
from AWS, with the credentials that are there, and are kept for some minutes.

  cdx completion bash > ~/.local/share/bash-completion/completions/cdx
  cdx completion zsh > "${fpath[1]}/_cdx"
  cdx completion fish > ~/.config/fish/completions/cdx.fish
  cdx completion powershell | Out-String | Invoke-Expression

Without the package bash-completion:

  echo '. <(cdx completion bash)' >> ~/.bashrc`,
		Example: `  cdx completion bash
  cdx completion zsh`,
		Args:                  arguments(1, 1),
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
		return writeBashCompletion(root, w)
	case "zsh":
		return root.GenZshCompletion(w)
	case "fish":
		return root.GenFishCompletion(w, true)
	default:
		return root.GenPowerShellCompletionWithDesc(w)
	}
}

// bashWords is what cobra's script calls of the package bash-completion.
const bashWords = `    _get_comp_words_by_ref "$@" cur prev words cword
`

// bashOwnWords does without the package where there is none, as on a Mac or in a
// container: words that bash parts at = and : are put together again.
const bashOwnWords = `    if declare -F _get_comp_words_by_ref >/dev/null 2>&1; then
        _get_comp_words_by_ref "$@" cur prev words cword
        return
    fi
    local line=$COMP_LINE blanks i
    words=() cword=0
    for ((i = 0; i < ${#COMP_WORDS[@]}; i++)); do
        blanks=${line%%[![:blank:]]*}
        line=${line#"$blanks"}
        line=${line#"${COMP_WORDS[i]}"}
        if [[ $i -eq 0 || -n $blanks ]]; then
            words+=("${COMP_WORDS[i]}")
        else
            words[${#words[@]}-1]+=${COMP_WORDS[i]}
        fi
        if [[ $i -eq $COMP_CWORD ]]; then
            cword=$((${#words[@]} - 1))
        fi
    done
    cur=${words[cword]} prev=
    if [[ $cword -gt 0 ]]; then
        prev=${words[cword-1]}
    fi
`

func writeBashCompletion(root *cobra.Command, w io.Writer) error {
	var script bytes.Buffer
	if err := root.GenBashCompletionV2(&script, true); err != nil {
		return err
	}
	_, err := io.WriteString(w, strings.Replace(script.String(), bashWords, bashOwnWords, 1))
	return err
}
