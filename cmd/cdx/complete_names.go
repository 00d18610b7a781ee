package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/cdx-deploy/cdx/internal/complete"
)

// namesCommand is what completion starts this program with to have names fetched. It
// goes on by itself when AWS takes longer than somebody at a prompt waits, so that
// the next attempt has the answer.
const namesCommand = "__names"

// namesLimit bounds the life of what fetches names.
const namesLimit = 10 * time.Second

// find answers a query from the cache or, when that is old, from AWS.
func (p *program) find(c *cobra.Command, query complete.Query) []complete.Choice {
	cache, ok := p.nameCache(c)
	if !ok {
		return nil
	}
	finder := complete.Finder{Cache: cache, Patience: completionPatience}
	finder.Refresh = func(complete.Query) (<-chan struct{}, error) { return startNames(c, query) }
	return finder.Find(c.Context(), query)
}

// nameCache is the cache of the account that the settings mean. There is none where
// nobody has a folder for caches.
func (p *program) nameCache(c *cobra.Command) (complete.Cache, bool) {
	folder, err := os.UserCacheDir()
	sets := p.quietSets(c)
	if err != nil || len(sets) == 0 {
		return complete.Cache{}, false
	}
	to := accountOf(sets[0])
	scope := []string{to.profile, to.region, to.endpoint}
	for _, name := range []string{
		"AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_ROLE_ARN", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_CODEDEPLOY",
		"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE",
	} {
		value, _ := p.lookupEnv(name)
		scope = append(scope, value)
	}
	return complete.Cache{Dir: filepath.Join(folder, "cdx", "names"), Scope: strings.Join(scope, "\x00")}, true
}

// startNames starts the program that fetches names, out of reach of the terminal, and
// returns what is closed when it has ended or will take too long.
func startNames(c *cobra.Command, query complete.Query) (<-chan struct{}, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	listen, tell, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer tell.Close()
	args := []string{namesCommand}
	c.InheritedFlags().Visit(func(f *pflag.Flag) { args = append(args, "--"+f.Name+"="+f.Value.String()) })
	args = append(args, "--", string(query.Kind))
	if query.Application != "" {
		args = append(append(args, query.Application), query.Groups...)
	}
	// No context: it goes on when this program has ended.
	command := exec.Command(self, args...)
	command.Args[0] = "cdx"
	command.Stdout = tell
	detach(command)
	if err := command.Start(); err != nil {
		listen.Close()
		return nil, err
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer listen.Close()
		_, _ = listen.Read(make([]byte, 1)) // nothing is written; this returns when the other end is closed
	}()
	return done, nil
}

// newNamesCmd fetches names into the cache. Its errors are for nobody.
func newNamesCmd(p *program) *cobra.Command {
	return &cobra.Command{
		Use:    namesCommand + " KIND [APPLICATION [GROUP…]]",
		Hidden: true,
		Args:   cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			query := complete.Query{Kind: complete.Kind(args[0])}
			if len(args) > 1 {
				query.Application, query.Groups = args[1], args[2:]
			}
			ctx, cancel := context.WithTimeout(c.Context(), namesLimit)
			defer cancel()
			return p.fetchNames(ctx, c, query)
		},
	}
}

func (p *program) fetchNames(ctx context.Context, c *cobra.Command, query complete.Query) error {
	cache, ok := p.nameCache(c)
	sets := p.quietSets(c)
	if !ok || len(sets) == 0 {
		return nil
	}
	clients, err := p.clients(ctx, sets[0])
	if err != nil {
		return err
	}
	switch source, _ := clients.codeDeploy.Options().Credentials.(aws.CredentialProviderSource); {
	case comesFrom(source, aws.CredentialSourceProcess, aws.CredentialSourceProfileProcess):
		return nil // a program of the user's may open windows
	case comesFrom(source, aws.CredentialSourceIMDS):
		// Only a machine of AWS answers in time: nobody waits for that.
		if err := os.Stdout.Close(); err != nil {
			return err
		}
	}
	once := clients.codeDeploy.With(func(o *codedeploy.Options) { o.Retryer = aws.NopRetryer{} }) // the next attempt is a key away
	return cache.Fill(ctx, once, query)
}

func comesFrom(source aws.CredentialProviderSource, kinds ...aws.CredentialSource) bool {
	return source != nil && slices.ContainsFunc(source.ProviderSources(), func(s aws.CredentialSource) bool { return slices.Contains(kinds, s) })
}
