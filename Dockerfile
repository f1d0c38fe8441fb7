# One image for operator and worker, compiled from this source tree.
#   docker build -t tidegate .        or, without Docker:  dev/images/build tidegate
# Behind a network with its own certificate authority, mount the bundle and name it by both build arguments of the first stage.

FROM debian:bookworm-slim AS build
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates ccache cmake doctest-dev g++ golang-go libboost-dev libboost-system-dev \
     libcivetweb-dev libcpprest-dev libcurl4-openssl-dev liblz4-dev libpq-dev libsimdjson-dev libssl-dev libyaml-cpp-dev libzstd-dev \
     make ninja-build nlohmann-json3-dev npm patch pkg-config prometheus-cpp-dev zlib1g-dev \
  && rm -rf /var/lib/apt/lists/*
# The pinned libraries that Debian does not carry; anew only when dev/deps changes.
COPY dev/deps /deps
ARG NODE_EXTRA_CA_CERTS
ARG SSL_CERT_FILE
RUN /deps/install /opt/tidegate-deps
WORKDIR /src
COPY . .
# The compiler cache makes a rebuild after a small change quick; nothing depends on it.
RUN --mount=type=cache,target=/root/.cache/ccache \
  cmake --preset release -B /build -DTIDEGATE_DEPS=/opt/tidegate-deps -DBUILD_TESTING=OFF -DTIDEGATE_BENCH=OFF \
  && cmake --build /build --target tidegate-operator tidegate-worker kubectl-tidegate \
  && mkdir /out \
  && install -s -t /out /build/operator/tidegate-operator /build/worker/tidegate-worker /build/cli/kubectl-tidegate \
  && rm -rf /build

FROM debian:bookworm-slim
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates libcpprest2.10 libcurl4 liblz4-1 libpq5 libprometheus-cpp-core1.0 \
     libsimdjson14 libssl3 libyaml-cpp0.7 libzstd1 zlib1g \
  && rm -rf /var/lib/apt/lists/* /var/log/*.log /var/log/apt
COPY --from=build /opt/tidegate-deps/lib/libduckdb.so /usr/lib/
COPY --from=build /out/ /usr/local/bin/
COPY cli/kubectl_complete-tidegate /usr/local/bin/
USER 65532:65532
CMD ["tidegate-operator"]
