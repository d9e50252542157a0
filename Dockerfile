# captiond with Debian's ffmpeg and the built-in engine: no download at start, no root, no build step.
#
#   docker build -t captiond .
#   docker run --rm captiond node runtime/main.ts doctor
#
# README.md has a compose file for it: read-only, without capabilities, with limits and secrets from a file.
#
# A slim image for a cloud engine alone, without the built-in one (about 150 MB less):
#   docker build --build-arg NPM_OMIT=optional -t captiond:slim .
FROM node:24-bookworm-slim AS modules
ARG NPM_OMIT=dev
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --omit=${NPM_OMIT} --ignore-scripts --no-audit --no-fund

FROM node:24-bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ffmpeg \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY --from=modules /app/node_modules ./node_modules
COPY package.json LICENSE README.md ./
COPY machines ./machines
COPY actors ./actors
COPY runtime ./runtime
COPY test/fixtures/speech ./test/fixtures/speech
RUN install -d -o node -g node /data
ENV NODE_ENV=production DATA_DIR=/data
VOLUME /data
USER node
EXPOSE 1935 8080 9464
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
  CMD ["node", "runtime/healthcheck.ts"]
# Ends sessions in order within DRAIN_MS. Node reaps every process that captiond starts, and none of those starts another.
STOPSIGNAL SIGTERM
CMD ["node", "runtime/main.ts", "serve"]
