package awsapi

import "golang.org/x/sys/windows"

// errRefused is what connecting returns where nothing listens.
const errRefused = windows.WSAECONNREFUSED
