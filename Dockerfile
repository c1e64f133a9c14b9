FROM debian:bookworm-slim AS build
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        g++ cmake ninja-build pkg-config libboost1.81-dev libexpat1-dev libssl-dev libgloox-dev libidn-dev zlib1g-dev libsqlite3-dev \
        libpaho-mqttpp-dev libpaho-mqtt-dev librabbitmq-dev libqpid-proton-cpp12-dev libcli11-dev nlohmann-json3-dev libspdlog-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY CMakeLists.txt CMakePresets.json ./
COPY src src
ARG JOBS
RUN cmake --preset release -DMUCBRIDGE_TESTS=OFF \
    && cmake --build build/release --parallel "${JOBS:-$(nproc)}" --target mucbridge \
    && strip build/release/mucbridge

FROM debian:bookworm-slim
# mosquitto is the private broker of `embedded:`; a gateway beside another broker never starts it.
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        libpaho-mqttpp3-1 libpaho-mqtt1.3 librabbitmq4 libqpid-proton-cpp12 libsasl2-modules libgloox18 libidn12 libexpat1 libssl3 libsqlite3-0 libfmt9 libspdlog1.10 ca-certificates mosquitto \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 mucbridge \
    && useradd --uid 10001 --gid mucbridge --no-create-home --home-dir /var/lib/mucbridge --shell /usr/sbin/nologin mucbridge \
    && install -d -o mucbridge -g mucbridge -m 700 /var/lib/mucbridge
COPY --from=build /source/build/release/mucbridge /usr/local/bin/mucbridge
USER 10001:10001
WORKDIR /var/lib/mucbridge
ENV MUCBRIDGE_STATE=/var/lib/mucbridge
VOLUME /var/lib/mucbridge
EXPOSE 61222
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s CMD ["mucbridge", "status"]
ENTRYPOINT ["mucbridge"]
# On the loopback of the container, where nobody else can reach it: what is to be reached says so, by --listen.
CMD ["run"]
