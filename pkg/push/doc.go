// Package push brings a bundle to where CodeDeploy fetches it: it makes the object's
// key from a template, uploads the bundle to S3 while it is being compressed, and
// registers the result as a revision.
//
// [Upload] needs no temporary file and holds a bounded part of the bundle in memory.
// What it uploads is there as a whole or not at all: a multipart upload that fails
// or is interrupted is aborted, and where that is not possible the error says what
// is left and where ([*LeftoverError]).
package push
