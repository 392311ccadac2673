# Node 24.20 as in package.json: later ones hide the chain that a client sent.
# The packages in their own stage, so that npm and its cache stay out of the image. Node comes with the base image:
# the optional packages that bring one are left out.
FROM node:24.20-slim AS packages
WORKDIR /clinch
COPY package.json package-lock.json ./
COPY packages packages
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund

FROM node:24.20-slim
ENV NODE_ENV=production
WORKDIR /clinch
COPY --from=packages /clinch ./
COPY conf conf
# The only folder that is written to. With a read-only root file system, mount a volume here.
RUN mkdir data && chown node:node data
VOLUME /clinch/data
USER node
EXPOSE 9080 9443 9180
# conf/config.yaml binds the Control API to the container's own 127.0.0.1
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9090/v1/healthcheck').then(res => process.exit(res.ok ? 0 : 1), () => process.exit(1))"]
# No shell and no npm between: SIGTERM reaches the gateway itself, which drains and ends
CMD ["node", "packages/gateway/src/cli.ts", "start"]
