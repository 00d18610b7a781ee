# The image of a release: the program alone, on a base that holds certificates, time
# zones and a user that is not root. goreleaser puts the binaries into the context.
FROM gcr.io/distroless/static-debian12:nonroot
ARG TARGETPLATFORM
COPY ${TARGETPLATFORM}/cdx /usr/bin/cdx
COPY LICENSE /usr/share/doc/cdx/LICENSE
WORKDIR /work
USER nonroot:nonroot
ENTRYPOINT ["/usr/bin/cdx"]
