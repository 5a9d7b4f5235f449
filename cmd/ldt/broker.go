package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/spf13/cobra"

	repository "github.com/ldtkit/ldt"
	"github.com/ldtkit/ldt/ngsild/client"
)

// composeURL is where the broker of docker-compose.yml listens.
const composeURL = "http://127.0.0.1:1026"

func newBrokerCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "broker",
		Short: "Start, stop and look at Orion-LD with docker compose",
		Long: "Starts, stops and looks at Orion-LD and its database with docker compose.\n" +
			"The compose file is inside ldt; --file names another. 'ldt serve' runs a broker without docker.",
		Args: cobra.ArbitraryArgs,
		RunE: showHelp,
	}
	var o orion
	flags := cmd.PersistentFlags()
	flags.StringVar(&o.file, "file", "", "a compose file to use instead of the built-in one")
	flags.StringVar(&o.url, "broker", composeURL, "where the broker of the compose file listens")
	verb := func(use, short, long string, run func(*orion, *cobra.Command) error) {
		cmd.AddCommand(&cobra.Command{Use: use, Short: short, Long: long, Args: noArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				o.url = fromEnvironment(cmd, "broker", "LDT_BROKER", o.url)
				return run(&o, cmd)
			}})
	}
	verb("up", "Start Orion-LD and wait until it answers",
		"Starts Orion-LD and its database and waits until both are healthy. The images are loaded the first time.", (*orion).up)
	verb("down", "Stop Orion-LD; its data stay",
		"Stops Orion-LD and its database and removes the containers. The data stay in the volume ldt_mongo-data.", (*orion).down)
	verb("status", "Say which containers run and what the broker answers",
		"Says which containers run and which broker answers. Exits with 4 where none does.", (*orion).status)
	return cmd
}

// orion is Orion-LD as docker compose runs it.
type orion struct {
	file string // empty for the built-in compose file
	url  string
}

func (o *orion) up(cmd *cobra.Command) error {
	ctx := cmd.Context()
	if err := o.check(ctx, "start Orion-LD"); err != nil {
		return err
	}
	if err := o.compose(ctx, cmd.ErrOrStderr(), cmd.ErrOrStderr(), "up", "--detach", "--wait"); err != nil {
		return dockerFailed(ctx, "start Orion-LD", err,
			"docker has said above what is wrong; where the port 1026 is taken, end what uses it, such as 'ldt serve'")
	}
	found, err := o.probe(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%s answers at %s\n", found, o.url)
	return nil
}

func (o *orion) down(cmd *cobra.Command) error {
	ctx := cmd.Context()
	if err := o.check(ctx, "stop Orion-LD"); err != nil {
		return err
	}
	if err := o.compose(ctx, cmd.ErrOrStderr(), cmd.ErrOrStderr(), "down"); err != nil {
		return dockerFailed(ctx, "stop Orion-LD", err, "docker has said above what is wrong")
	}
	return nil
}

func (o *orion) status(cmd *cobra.Command) error {
	ctx := cmd.Context()
	if err := o.check(ctx, "look at Orion-LD"); err != nil {
		return err
	}
	var listed bytes.Buffer
	if err := o.compose(ctx, &listed, cmd.ErrOrStderr(), "ps", "--all", "--format", "json"); err != nil {
		return dockerFailed(ctx, "look at Orion-LD", err, "docker has said above what is wrong")
	}
	containers, err := readContainers(listed.Bytes())
	if err != nil {
		return &exitError{exitUsage, fmt.Errorf("look at Orion-LD: the answer of 'docker compose ps' cannot be read: %w\n"+
			"  hint: bring docker's compose plugin up to date", err)}
	}
	out := cmd.OutOrStdout()
	if len(containers) == 0 {
		fmt.Fprintln(out, "no containers; 'ldt broker up' starts them")
	}
	for _, c := range containers {
		state := c.State
		if c.Health != "" {
			state += " (" + c.Health + ")"
		}
		fmt.Fprintf(out, "%-8s %-20s %s\n", c.Service, state, c.Image)
	}
	found, err := o.probe(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s answers at %s\n", found, o.url)
	return nil
}

// probe asks the broker what it is. It does not wait for one that is starting.
func (o *orion) probe(ctx context.Context) (client.Broker, error) {
	c, err := client.New(o.url, client.Options{Tries: 1, Timeout: 5 * time.Second})
	if err != nil {
		return client.Broker{}, &exitError{exitUsage, err}
	}
	found, err := c.Probe(ctx)
	if errors.Is(err, client.ErrUnreachable) {
		return found, &exitError{exitBroker, err}
	}
	return found, err
}

// check finds out whether docker, its compose plugin and its daemon are there.
func (o *orion) check(ctx context.Context, task string) error {
	missing := func(what, hint string) error {
		return &exitError{exitUsage, fmt.Errorf("%s: %s\n  hint: %s; 'ldt serve' runs a broker without docker", task, what, hint)}
	}
	if o.file != "" {
		if _, err := os.Stat(o.file); err != nil {
			return &exitError{exitUsage, fmt.Errorf("%s: there is no compose file %s\n  hint: leave out --file to use the built-in one", task, o.file)}
		}
	}
	if _, err := exec.LookPath("docker"); err != nil {
		return missing("docker is not installed, or not on the PATH",
			"install Docker Engine with its compose plugin, or Docker Desktop: https://docs.docker.com/get-docker/")
	}
	if _, err := docker(ctx, "compose", "version"); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return missing("docker has no compose plugin", "install the package docker-compose-plugin, or Docker Desktop")
	}
	if said, err := docker(ctx, "info", "--format", "{{.ServerVersion}}"); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if strings.Contains(strings.ToLower(said), "permission denied") {
			return missing("this user may not use docker", "add the user to the group docker and log in again")
		}
		return missing("the docker daemon does not answer", "start Docker Desktop, or 'sudo systemctl start docker'")
	}
	return nil
}

// compose runs docker compose over the compose file.
func (o *orion) compose(ctx context.Context, stdout, stderr io.Writer, args ...string) error {
	file := o.file
	if file == "" {
		file = "-"
	}
	cmd := command(ctx, append([]string{"compose", "--file", file}, args...)...)
	if o.file == "" {
		cmd.Stdin = bytes.NewReader(repository.Compose)
	}
	cmd.Stdout, cmd.Stderr = stdout, stderr
	return cmd.Run()
}

// docker runs docker and gives what it printed.
func docker(ctx context.Context, args ...string) (string, error) {
	out, err := command(ctx, args...).CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

// command is docker with these arguments; when ctx ends it is asked to stop
// before it is killed.
func command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "docker", args...)
	cmd.Cancel = func() error {
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			return cmd.Process.Kill() // there are no signals on Windows
		}
		return nil
	}
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

func dockerFailed(ctx context.Context, task string, err error, hint string) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return &exitError{exitBroker, fmt.Errorf("%s: docker compose failed (%w)\n  hint: %s", task, err, hint)}
}

// container is what docker compose tells of one.
type container struct {
	Service, State, Health, Image string
}

// readContainers reads the answer of docker compose ps: an array, or, from
// version 2.21 on, one object a line.
func readContainers(text []byte) ([]container, error) {
	text = bytes.TrimSpace(text)
	var list []container
	if len(text) > 0 && text[0] == '[' {
		return list, json.Unmarshal(text, &list)
	}
	for dec := json.NewDecoder(bytes.NewReader(text)); ; {
		var c container
		err := dec.Decode(&c)
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return nil, err
		}
		list = append(list, c)
	}
}
