# docker build -t sfmc-tracking .      The image has what runs, and neither npm packages for development nor a compiler.

FROM node:24-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY scripts/bundle.ts ./scripts/
COPY migrations ./migrations
COPY simulator ./simulator
COPY src ./src
RUN node scripts/bundle.ts

FROM node:24-slim AS packages
WORKDIR /packages
COPY package.json package-lock.json ./
# Without the embedded Postgres: a server has DATABASE_URL. The image has its own Node.
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund

FROM node:24-slim
ENV NODE_ENV=production MALLOC_ARENA_MAX=1
WORKDIR /app
COPY --from=packages /packages/node_modules ./node_modules
COPY --from=build /build/dist ./dist
COPY bin ./bin
COPY package.json LICENSE ./
# It writes no file, so the root file system may be read-only.
USER node
EXPOSE 8080
# Not for HTTP_PORT 0 or off, which have no fixed port to check.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.HTTP_PORT ?? 8080}/healthz`).then((response) => process.exit(response.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "--max-semi-space-size=4", "--max-old-space-size=256", "--single-threaded-gc", "bin/sfmc-tracking.js"]
CMD ["serve"]
