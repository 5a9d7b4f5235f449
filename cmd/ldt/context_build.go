package main

import (
	"cmp"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ldtkit/ldt/etl"
	"github.com/ldtkit/ldt/etl/vocabulary"
	"github.com/ldtkit/ldt/ngsild/jsonld"
)

func newContextBuildCommand(s *settings) *cobra.Command {
	var check bool
	var fetch fetchFlags
	cmd := &cobra.Command{
		Use:   "build [USECASE]",
		Short: "Write the context file and the compound file of a use case from its mappings",
		Long: "Writes the terms that the mappings of a use case use and nothing else defines into its own context file,\n" +
			"under the namespace of usecase.yaml, and the compound file that lists what is reused, that file, and the core.\n" +
			"Prints what is added (+), taken out (-), moved (~) or given another IRI (!).",
		Args: wantArgs(0, 1, ""),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := "."
			if len(args) > 0 {
				dir = args[0]
			}
			u, err := etl.LoadUseCase(dir)
			if err != nil {
				return err
			}
			catalogue, err := u.Catalogue(cmd.Context(), resolverWith(dir, fetch))
			if err != nil {
				return err
			}
			built, found, err := vocabulary.Build(cmd.Context(), u, vocabulary.Options{
				Catalogue: catalogue,
				Resolver:  func(documents map[string][]byte) *jsonld.Resolver { return resolverWith(dir, fetch, documents) },
			})
			code := 0
			if err != nil {
				var ok bool
				if found, code, ok = findingsOf(err); !ok {
					return err
				}
			}
			if err := s.findings(cmd.ErrOrStderr(), found, nil); err != nil || code != 0 {
				return cmp.Or(err, exit(code))
			}
			if err := built.WriteText(cmd.OutOrStdout()); err != nil {
				return err
			}
			if !check {
				return built.Write()
			}
			if built.Own.Changed() || built.Compound.Changed() {
				return &exitError{exitData, fmt.Errorf("the context is not up to date\n  hint: ldt context build %s", dir)}
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&check, "check", false, "write nothing; exit with 1 where a file would change")
	fetch.add(cmd)
	return cmd
}
