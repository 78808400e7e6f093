FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
COPY package.json package-lock.json ./
# Without the embedded Postgres: a server has DATABASE_URL. The Node of the image replaces the one of the repository.
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund && npm cache clean --force
# Node runs TypeScript as it stands: there is nothing to build.
COPY src ./src
COPY simulator ./simulator
COPY migrations ./migrations
USER node
EXPOSE 8080
# HTTP_PORT 0 or off has no health to ask for.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.HTTP_PORT ?? 8080}/healthz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "--max-semi-space-size=8", "--max-old-space-size=256", "src/cli/main.ts"]
CMD ["serve"]
