# The bot alone in an image: no shell, no package, no root.
#
#   docker build -t torchbearer .
#   docker run -d --name torchbearer --stop-timeout 15 \
#     -v ./torchbearer.toml:/etc/torchbearer/torchbearer.toml:ro \
#     -v ./secrets:/etc/torchbearer/secrets:ro \
#     -v torchbearer:/var/lib/torchbearer torchbearer
#
# Before the first run on Matrix with encryption, with the same volumes:
#
#   docker run --rm -it -v … torchbearer login -config /etc/torchbearer/torchbearer.toml main
#
# With path = "/var/lib/torchbearer/torchbearer.db" in [store]. Secret files
# must belong to user 65532, mode 0600.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
# The tag is for encrypted Matrix rooms, in Go alone.
RUN CGO_ENABLED=0 go build -tags goolm -trimpath -ldflags=-s -o /out/torchbearer . \
 && mkdir -p /out/state /out/tmp

FROM scratch
# Zone data is in the program; the authorities that TLS trusts are not.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/torchbearer /torchbearer
COPY --from=build --chown=65532:65532 /out/state /var/lib/torchbearer
COPY --from=build --chown=65532:65532 /out/tmp /tmp
USER 65532:65532
WORKDIR /var/lib/torchbearer
VOLUME /var/lib/torchbearer
HEALTHCHECK --interval=1m --timeout=10s --start-period=1m --retries=3 \
  CMD ["/torchbearer", "status", "-config", "/etc/torchbearer/torchbearer.toml"]
ENTRYPOINT ["/torchbearer"]
CMD ["run", "-config", "/etc/torchbearer/torchbearer.toml"]
