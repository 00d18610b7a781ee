package group

import (
	"reflect"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

// A selection of instances by their tags has two forms, for those in EC2 as for those on
// premises: a list of filters, one of which has to match, or a tag set, which is several
// such lists, all of which have to. What is here is for both kinds; F is a filter, S a set.

// ec2Lists are the lists of a tag set; nil for no set.
func ec2Lists(set *types.EC2TagSet) [][]types.EC2TagFilter {
	if set == nil {
		return nil
	}
	return set.Ec2TagSetList
}

// onPremisesLists are the lists of a tag set; nil for no set.
func onPremisesLists(set *types.OnPremisesTagSet) [][]types.TagFilter {
	if set == nil {
		return nil
	}
	return set.OnPremisesTagSetList
}

// dropSame removes a tag set that says what the filters say: AWS answers one selection in
// both of its forms.
func dropSame[F, S any](filters []F, set **S, lists func(*S) [][]F) {
	if len(filters) > 0 && reflect.DeepEqual(lists(*set), [][]F{filters}) {
		*set = nil
	}
}

// asFilters turns a tag set of one list into the filters that select the same.
func asFilters[F, S any](filters *[]F, set **S, lists func(*S) [][]F) {
	if of := lists(*set); len(of) == 1 && len(*filters) == 0 {
		*filters, *set = of[0], nil
	}
}

// inOneForm is a changed selection in the one form in which the file has it: AWS does not
// take filters and a tag set in one call, and either takes the other's place. A selection
// that goes is taken away in the form that it had, by the empty one.
// Source: CodeDeploy API Reference, UpdateDeploymentGroup.
func inOneForm[F, S any](filters []F, set, old *S, noFilters []F, noSet *S) ([]F, *S) {
	switch {
	case set != nil:
		return nil, set
	case len(filters) > 0:
		return filters, nil
	case old != nil:
		return nil, noSet
	}
	return noFilters, nil
}

// typeFilters gives tag filters without a type the one that their key and value mean, and
// reports whether there were any.
func (g *Group) typeFilters() bool {
	ec2 := typeEach(append(ec2Lists(g.Ec2TagSet), g.Ec2TagFilters), func(f *types.EC2TagFilter) (*types.EC2TagFilterType, *string, *string) {
		return &f.Type, f.Key, f.Value
	})
	onPremises := typeEach(append(onPremisesLists(g.OnPremisesTagSet), g.OnPremisesInstanceTagFilters), func(f *types.TagFilter) (*types.TagFilterType, *string, *string) {
		return &f.Type, f.Key, f.Value
	})
	return ec2 || onPremises
}

func typeEach[F any, T ~string](lists [][]F, parts func(*F) (kind *T, key, value *string)) (typed bool) {
	for _, filters := range lists {
		for i := range filters {
			if kind, key, value := parts(&filters[i]); *kind == "" {
				*kind, typed = T(filterType(key, value)), true
			}
		}
	}
	return typed
}

// filterType is the type that a key and a value mean.
func filterType(key, value *string) types.TagFilterType {
	switch {
	case value == nil:
		return types.TagFilterTypeKeyOnly
	case key == nil:
		return types.TagFilterTypeValueOnly
	}
	return types.TagFilterTypeKeyAndValue
}
