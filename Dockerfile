FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
COPY package.json package-lock.json ./
# Without the embedded Postgres: a server has DATABASE_URL. The image has its own Node.
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund && npm cache clean --force
# Node runs TypeScript as it is, so nothing is built.
COPY src ./src
COPY simulator ./simulator
COPY migrations ./migrations
USER node
EXPOSE 8080
# Not for HTTP_PORT 0 or off, which have no fixed port to check.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.HTTP_PORT ?? 8080}/healthz`).then((response) => process.exit(response.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "--max-semi-space-size=8", "--max-old-space-size=256", "src/cli/main.ts"]
CMD ["serve"]
