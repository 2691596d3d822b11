# syntax=docker/dockerfile:1.18
# Millrace: dist/ and its dependencies on Node, as a user without rights.
#   docker build -t millrace:0.1.0 .
#   docker run --rm millrace:0.1.0 sql -e "SELECT 1"

FROM node:24.21.0-trixie-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=cache,target=/root/.npm npm ci
COPY tsconfig.json tsconfig.build.json engine.js ./
COPY scripts scripts
COPY src src
RUN npm run build && npm prune --omit=dev

FROM node:24.21.0-trixie-slim
ENV NODE_ENV=production
WORKDIR /app
# /data: checkpoints, savepoints, the embedded lake. /home/iceberg: a warehouse shared with other engines (compose/README.md).
RUN mkdir -p /data /home/iceberg && chown node:node /data /home/iceberg
COPY --from=build /app/package.json /app/engine.js ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY jobs jobs
USER node
VOLUME /data
EXPOSE 8081
# Of `run`, which serves; other commands end by themselves.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8081/healthz', { headers: { authorization: `Bearer ${process.env.MILLRACE_TOKEN ?? ''}` } }).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/app/engine.js"]
CMD ["--help"]
