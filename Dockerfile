# A collector in a container:
#
#   docker build -t tracewire .
#
# Its settings are those of /etc/tracewire/collector.json (packaging/collector.json): it listens on all addresses of the container,
# which it refuses without TLS and tokens. Mount a directory with a certificate, its key, the tokens and a file of settings of your own
# that names them, in which the three of the image have to be as well (health is asked at metrics_port 9747). The container's user,
# 4747, has to be able to read them, and nobody else should:
#
#   docker run -v tracewire:/var/lib/tracewire -v /etc/tracewire:/etc/tracewire:ro -p 4747:4747 tracewire
#
# or, where only this machine reaches the port and nobody on it has to be kept out, say so:
#
#   docker run -v tracewire:/var/lib/tracewire -p 127.0.0.1:4747:4747 -e TRACEWIRE_INSECURE=true tracewire
#
# Any setting can be given with -e as well, which goes before the file. Tokens that lie beside the database are made in the volume:
#
#   docker run --rm -v tracewire:/var/lib/tracewire tracewire token create --role ingest \
#       --database /var/lib/tracewire/tracewire.db

FROM swift:6.2-bookworm AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends libsqlite3-dev libzstd-dev pkg-config \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /build
# The dependencies are fetched again only where these change.
COPY Package.* ./
RUN swift package resolve
COPY Sources Sources
# The manifest names the tests' targets: nothing is built of them.
COPY Tests Tests
RUN swift build -c release --product tracewire --static-swift-stdlib \
    && install -s -m 755 "$(swift build -c release --show-bin-path)/tracewire" /tracewire

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends libsqlite3-0 libzstd1 libstdc++6 tzdata \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 4747 --no-create-home --shell /usr/sbin/nologin tracewire \
    && install -d -o tracewire -g tracewire -m 700 /var/lib/tracewire
COPY --from=build /tracewire /usr/local/bin/tracewire
COPY packaging/collector.json /etc/tracewire/collector.json
USER tracewire
VOLUME /var/lib/tracewire
EXPOSE 4747
# Health is asked within the container, over HTTP, which needs no token.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["bash", "-c", \
    "exec 3<>/dev/tcp/127.0.0.1/9747 && printf 'GET /healthz HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' >&3 && read -r line <&3 && [[ $line == *' 200 '* ]]"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["tracewire"]
CMD ["serve", "--database", "/var/lib/tracewire/tracewire.db", "--config", "/etc/tracewire/collector.json"]
