package local

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"

	"github.com/cdx-deploy/cdx/pkg/appspec"
	"github.com/cdx-deploy/cdx/pkg/local/agent"
)

// eventPause is how long a simulated lifecycle event takes.
const eventPause = 10 * time.Millisecond

// simulate takes a deployment to ECS, to Lambda or to a blue/green group of servers through its lifecycle
// events. Nothing is behind them: there is no traffic, no task or instance started, no function called.
// It takes the lock itself.
func (a *api) simulate(ctx context.Context, d *deployment) outcome {
	file := &content{}
	if platform := platformOf(d.info.ComputePlatform); platform != appspec.Server {
		var err error
		if file, err = a.readContent(platform, d.info.Revision); err != nil {
			return failed(types.ErrorCodeInvalidRevision, err.Error())
		}
	}
	targets := a.simulatedTargets(d, file)
	a.start(d, targets...)
	for _, t := range targets {
		if !a.simulateTarget(ctx, d, t, file) {
			return interrupted(ctx)
		}
	}
	return outcome{status: types.DeploymentStatusSucceeded}
}

func platformOf(platform types.ComputePlatform) appspec.Platform {
	switch platform {
	case types.ComputePlatformEcs:
		return appspec.ECS
	case types.ComputePlatformLambda:
		return appspec.Lambda
	}
	return appspec.Server
}

// The lifecycle events of simulated targets.
// Source: AWS CodeDeploy User Guide, "AppSpec 'hooks' section".
func ecsEvents() []string {
	return []string{"BeforeInstall", "Install", "AfterInstall", "AllowTestTraffic", "AfterAllowTestTraffic",
		"BeforeAllowTraffic", "AllowTraffic", "AfterAllowTraffic"}
}

func lambdaEvents() []string {
	return []string{"BeforeAllowTraffic", "AllowTraffic", "AfterAllowTraffic"}
}

// greenEvents are those of the new instances of a blue/green deployment.
func greenEvents() []string { return append(agent.Events(false), lambdaEvents()...) }

// simulatedTargets makes the targets of a deployment, in the order in which they are worked on. It takes
// the lock itself.
func (a *api) simulatedTargets(d *deployment, file *content) []*target {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch d.info.ComputePlatform {
	case types.ComputePlatformEcs:
		service := d.group.info.EcsServices[0]
		id := aws.ToString(service.ClusterName) + ":" + aws.ToString(service.ServiceName)
		arn := "arn:aws:ecs:" + a.options.Region + ":" + account + ":service/" + aws.ToString(service.ClusterName) + "/" + aws.ToString(service.ServiceName)
		return []*target{newTarget(types.DeploymentTargetTypeEcsTarget, id, arn, ecsEvents())}
	case types.ComputePlatformLambda:
		id := aws.ToString(file.lambda.FunctionName)
		arn := "arn:aws:lambda:" + a.options.Region + ":" + account + ":function:" + id
		t := newTarget(types.DeploymentTargetTypeLambdaTarget, id, arn, lambdaEvents())
		t.lambda = file.lambda
		return []*target{t}
	}
	green := newTarget(types.DeploymentTargetTypeInstanceTarget, instanceID+"-green", a.arn("instance", instanceID+"-green"), greenEvents())
	blue := newTarget(types.DeploymentTargetTypeInstanceTarget, instanceID+"-blue", a.arn("instance", instanceID+"-blue"),
		[]string{"BeforeBlockTraffic", "BlockTraffic", "AfterBlockTraffic"})
	green.label, blue.label = types.TargetLabelGreen, types.TargetLabelBlue
	return []*target{green, blue}
}

// simulateTarget goes through the events of one target. It returns false when ctx has ended before.
func (a *api) simulateTarget(ctx context.Context, d *deployment, t *target, file *content) bool {
	a.setTarget(d, t, types.DeploymentStatusInProgress, types.TargetStatusInProgress)
	for i := range t.events { // their names and number do not change
		name := *t.events[i].LifecycleEventName
		if name == "BeforeAllowTraffic" && d.waitsForPerson() && !a.awaitPerson(ctx, d, t) {
			return false
		}
		if !a.simulateEvent(ctx, d, t, name, file.hooks[name]) {
			return false
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	t.end(types.TargetStatusSucceeded)
	return true
}

// allowTraffic is the lifecycle event in which the traffic goes over to the new version.
const allowTraffic = "AllowTraffic"

// shiftTraffic says of a part of the traffic after the other that the new version receives it, as the deployment
// configuration has it, but for the time in between. It returns false when ctx has ended before.
func (a *api) shiftTraffic(ctx context.Context, d *deployment, t *target) bool {
	a.mu.Lock()
	config, err := a.findConfig(d.info.DeploymentConfigName)
	a.mu.Unlock()
	if err != nil { // it was deleted meanwhile
		return true
	}
	for _, percent := range trafficShifts(config.TrafficRoutingConfig) {
		a.mu.Lock()
		t.traffic, t.updated = percent, now()
		a.mu.Unlock()
		if !pause(ctx, eventPause) {
			return false
		}
	}
	return true
}

// trafficShifts are the percentages below 100 that a new version receives, one after the other.
// Source: AWS CodeDeploy API Reference, TrafficRoutingConfig.
func trafficShifts(routing *types.TrafficRoutingConfig) (percents []float64) {
	switch {
	case routing == nil:
	case routing.TimeBasedCanary != nil:
		return []float64{float64(routing.TimeBasedCanary.CanaryPercentage)}
	case routing.TimeBasedLinear != nil:
		step := max(1, routing.TimeBasedLinear.LinearPercentage)
		for percent := step; percent < 100; percent += step {
			percents = append(percents, float64(percent))
		}
	}
	return percents
}

// setTarget changes the status of the deployment and of a target at once.
func (a *api) setTarget(d *deployment, t *target, status types.DeploymentStatus, targetStatus types.TargetStatus) {
	a.mu.Lock()
	defer a.mu.Unlock()
	d.info.Status, t.status, t.updated = status, targetStatus, now()
}

// simulateEvent is one lifecycle event. One that would call a function is Skipped.
func (a *api) simulateEvent(ctx context.Context, d *deployment, t *target, name, function string) bool {
	if function != "" {
		a.showEvent(t, types.LifecycleEvent{
			LifecycleEventName: &name, Status: types.LifecycleEventStatusSkipped,
			Diagnostics: &types.Diagnostics{Message: aws.String("The Lambda function " + function + " is not called: functions do not run locally.")},
		})
		return true
	}
	started := now()
	a.showEvent(t, types.LifecycleEvent{LifecycleEventName: &name, Status: types.LifecycleEventStatusInProgress, StartTime: started})
	if name == allowTraffic && !a.shiftTraffic(ctx, d, t) || !pause(ctx, eventPause) {
		return false
	}
	a.showEvent(t, types.LifecycleEvent{
		LifecycleEventName: &name, Status: types.LifecycleEventStatusSucceeded, StartTime: started, EndTime: now(),
	})
	return true
}

func (a *api) showEvent(t *target, event types.LifecycleEvent) {
	a.mu.Lock()
	defer a.mu.Unlock()
	t.setEvent(event)
}

// waitsForPerson reports whether traffic is shifted only when somebody continues the deployment.
// Source: AWS CodeDeploy API Reference, DeploymentReadyOption, STOP_DEPLOYMENT.
func (d *deployment) waitsForPerson() bool {
	config := d.info.BlueGreenDeploymentConfiguration
	return d.blueGreen() && config != nil && config.DeploymentReadyOption != nil &&
		config.DeploymentReadyOption.ActionOnTimeout == types.DeploymentReadyActionStopDeployment
}

// awaitPerson makes the deployment Ready until it is continued. It returns false when ctx has ended, also
// because nobody came in time.
func (a *api) awaitPerson(ctx context.Context, d *deployment, t *target) bool {
	a.setTarget(d, t, types.DeploymentStatusReady, types.TargetStatusReady)
	wait := time.Duration(d.info.BlueGreenDeploymentConfiguration.DeploymentReadyOption.WaitTimeInMinutes) * time.Minute
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		d.cancel(errReadyWaitElapsed)
		return false
	case <-d.proceed:
		a.setTarget(d, t, types.DeploymentStatusInProgress, types.TargetStatusInProgress)
		return true
	}
}
