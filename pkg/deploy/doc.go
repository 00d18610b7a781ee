// Package deploy creates CodeDeploy deployments, and presses the console's buttons:
// stop, continue, roll back.
//
// [Create] never creates two deployments, although the API has no idempotency token:
// a request is repeated only when it certainly was not accepted. When the answer is
// lost, Create looks for the deployment by a random mark in its description and
// adopts it; what cannot be found is a [*LostError].
package deploy
