package main

// inputHelp is what the help says about a flag of an operation's input.
func inputHelp(flag string) string {
	switch flag {
	case "compute-platform":
		return "what it is for: Server, Lambda or ECS (default Server)"
	case "tags":
		return "tag of what is created, Key=…,Value=…"
	case "service-role-arn":
		return "role that lets CodeDeploy reach instances and load balancers"
	case "deployment-config-name":
		return "deployment configuration (default: one at a time; for Lambda and ECS all at once)"
	case "new-deployment-group-name":
		return "new name of the deployment group"
	case "ec2-tag-filters":
		return "EC2 instances that have this tag, Key=…,Value=…,Type=KEY_AND_VALUE"
	case "ec2-tag-set":
		return "EC2 instances that have a tag of each list, ec2TagSetList=[[{Key=…,…}],…]"
	case "on-premises-instance-tag-filters":
		return "on-premises instances that have this tag, Key=…,Value=…,Type=KEY_AND_VALUE"
	case "on-premises-tag-set":
		return "on-premises instances that have a tag of each list, onPremisesTagSetList=[…]"
	case "auto-scaling-groups":
		return "Auto Scaling group whose instances are deployed to"
	case "termination-hook-enabled":
		return "deploy to instances too when an Auto Scaling group terminates them"
	case "ecs-services":
		return "ECS service to deploy to, clusterName=…,serviceName=…"
	case "load-balancer-info":
		return "load balancer, such as targetGroupInfoList=[{name=web}]"
	case "deployment-style":
		return "IN_PLACE or BLUE_GREEN deployments, deploymentType=…,deploymentOption=…"
	case "blue-green-deployment-configuration":
		return "how a blue/green deployment goes on, in the AWS CLI's syntax"
	case "trigger-configurations":
		return "SNS topic to tell, with triggerName=…, triggerTargetArn=… and triggerEvents=…"
	case "alarm-configuration":
		return "alarms that stop a deployment, enabled=true,alarms=[{name=…}]"
	case "auto-rollback-configuration":
		return "automatic rollback, such as enabled=true,events=DEPLOYMENT_FAILURE"
	case "outdated-instances-strategy":
		return "instances launched in mid-deployment: UPDATE or IGNORE (default UPDATE)"
	case "minimum-healthy-hosts":
		return "instances that stay healthy, type=HOST_COUNT or FLEET_PERCENT,value=N"
	case "traffic-routing-config":
		return "how traffic shifts, such as type=TimeBasedCanary,timeBasedCanary={…}"
	case "zonal-config":
		return "one Availability Zone at a time, such as monitorDurationInSeconds=60"
	case "sort-by":
		return "sort by registerTime, firstUsedTime or lastUsedTime (default registerTime)"
	case "sort-order":
		return "ascending or descending (default descending)"
	case "s3-bucket":
		return "only those in this bucket"
	case "s3-key-prefix":
		return "only those whose key begins so"
	case "deployed":
		return "include: only those that a deployment group needs; exclude: only the others"
	}
	return ""
}

// placeholderOf is what the help calls a flag's value.
func placeholderOf(flag string) string {
	switch flag {
	case "compute-platform":
		return "PLATFORM"
	case "tags":
		return "TAG"
	case "service-role-arn":
		return "ARN"
	case "deployment-config-name", "new-deployment-group-name", "auto-scaling-groups", "s3-bucket", "application-name", "deployment-group-name":
		return "NAME"
	case "ec2-tag-filters", "on-premises-instance-tag-filters":
		return "FILTER"
	case "ecs-services":
		return "SERVICE"
	case "sort-by", "sort-order", "deployed", "outdated-instances-strategy":
		return "VALUE"
	case "s3-key-prefix":
		return "PREFIX"
	}
	return "CONFIG"
}
