package models

import (
	"maps"
	"slices"
	"strings"
)

// Meaning is an IRI that a term has, and where.
type Meaning struct {
	IRI      string   `json:"iri"`
	Subjects []string `json:"subjects"` // sorted
}

// Conflicts gives the terms that have different IRIs in the @contexts of different
// subjects, each with its meanings, the one that most subjects have first. It reads
// every subject at its first call.
func (c *Catalogue) Conflicts() map[string][]Meaning {
	conflicts := map[string][]Meaning{}
	for term, meanings := range c.allMeanings() {
		if len(meanings) > 1 {
			conflicts[term] = meanings
		}
	}
	return conflicts
}

// Meanings gives the IRIs that a term has in the @contexts of the subjects, the one that
// most subjects have first. It reads every subject at its first call.
func (c *Catalogue) Meanings(term string) []Meaning { return slices.Clone(c.allMeanings()[term]) }

func (c *Catalogue) allMeanings() map[string][]Meaning {
	c.compared.Do(func() {
		terms := map[string]map[string][]string{}
		for _, s := range c.Subjects {
			for term := range s.Terms() {
				iri := s.IRI(term)
				if iri == "" {
					continue
				}
				if terms[term] == nil {
					terms[term] = map[string][]string{}
				}
				if !slices.Contains(terms[term][iri], s.Name) {
					terms[term][iri] = append(terms[term][iri], s.Name)
				}
			}
		}
		c.meanings = map[string][]Meaning{}
		for term, iris := range terms {
			for _, iri := range slices.Sorted(maps.Keys(iris)) {
				c.meanings[term] = append(c.meanings[term], Meaning{IRI: iri, Subjects: slices.Sorted(slices.Values(iris[iri]))})
			}
			slices.SortStableFunc(c.meanings[term], func(a, b Meaning) int {
				if len(a.Subjects) != len(b.Subjects) {
					return len(b.Subjects) - len(a.Subjects)
				}
				return strings.Compare(a.IRI, b.IRI)
			})
		}
	})
	return c.meanings
}
