FROM oven/bun:1.4.5-debian AS build
WORKDIR /src
COPY package.json bun.lock ./
RUN bun install --frozen-lockfile --production
COPY . .
RUN bun scripts/build.ts

FROM debian:13-slim
# hadolint ignore=DL3008
RUN apt-get update \
  && apt-get install -y --no-install-recommends bubblewrap ca-certificates git tini \
  && rm -rf /var/lib/apt/lists/* \
  && useradd --uid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin hearth \
  && install -d -o hearth -g hearth -m 0700 /data
COPY --from=build /src/dist/hearth /usr/local/bin/hearth
ENV HEARTH_DATA=/data HEARTH_HOST=0.0.0.0
USER 10001
WORKDIR /data
VOLUME /data
# The pages, and the origin of its own for what models have made.
EXPOSE 4321 4322
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 CMD ["hearth", "health"]
# Bun as process 1 reaps no orphans; tini does.
ENTRYPOINT ["tini", "--", "hearth"]
CMD ["serve"]
