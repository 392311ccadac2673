# Node 24.20 as in package.json: later ones hide the chain that a client sent.
# The packages in their own stage, so that npm and its cache stay out of the image. Node comes with the base image:
# the optional packages that bring one are left out.
FROM node:24.20-slim AS packages
WORKDIR /clinch
COPY package.json package-lock.json ./
COPY packages packages
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund

FROM node:24.20-slim AS gateway
ENV NODE_ENV=production
WORKDIR /clinch
COPY --from=packages /clinch ./
COPY conf conf
# The only folders that are written to. With a read-only root file system, mount a volume at data, and have the logs go to
# /dev/stdout (conf/compose) or mount one at logs.
RUN mkdir data logs && chown node:node data logs
VOLUME /clinch/data
USER node
EXPOSE 9080 9443 9180
# Unhealthy while no worker serves, and before there is a configuration to serve. conf/config.yaml binds the Control API to
# the container's own 127.0.0.1
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9090/v1/health').then(res => process.exit(res.ok ? 0 : 1), () => process.exit(1))"]
# No shell and no npm between: SIGTERM reaches the gateway itself, which drains and ends
CMD ["node", "packages/gateway/src/cli.ts", "start"]

# For docker-compose.yml alone: what makes its secrets, and the demo's certificates, responder and upstreams.
FROM gateway AS demo
USER root
RUN apt-get update && apt-get install -y --no-install-recommends openssl && rm -rf /var/lib/apt/lists/*
COPY scripts/cluster/make-secrets.sh scripts/cluster/prepare-volumes.sh scripts/cluster/
COPY scripts/demo scripts/demo
USER node
HEALTHCHECK NONE
CMD ["node", "scripts/demo/upstream.ts", "--host", "0.0.0.0"]

# What `docker build .` makes
FROM gateway
