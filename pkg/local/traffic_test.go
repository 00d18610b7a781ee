package local

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
)

func TestTrafficShifts(t *testing.T) {
	linear := func(percentage int32) *types.TrafficRoutingConfig {
		return &types.TrafficRoutingConfig{TimeBasedLinear: &types.TimeBasedLinear{LinearPercentage: percentage}}
	}
	for _, test := range []struct {
		routing *types.TrafficRoutingConfig
		want    []float64
	}{
		{nil, nil},
		{&types.TrafficRoutingConfig{Type: types.TrafficRoutingTypeAllAtOnce}, nil},
		{predefined("CodeDeployDefault.LambdaCanary10Percent5Minutes").TrafficRoutingConfig, []float64{10}},
		{predefined("CodeDeployDefault.ECSLinear10PercentEvery1Minutes").TrafficRoutingConfig, []float64{10, 20, 30, 40, 50, 60, 70, 80, 90}},
		{linear(40), []float64{40, 80}},
		{linear(50), []float64{50}},
	} {
		if got := trafficShifts(test.routing); !slices.Equal(got, test.want) {
			t.Errorf("%+v: %v, want %v", test.routing, got, test.want)
		}
	}
}
