import { performance } from 'node:perf_hooks';
import pg from 'pg';

/** How often requests that wait for a connection are looked at. */
const lookMs = 10;

/**
 * What requests wait in all, one after another or side by side, before one more connection is opened. A new one costs
 * about as much: Postgres starts a process for it, which reads the catalog anew for each table and plans more slowly.
 */
const waitedMsMax = 250;

/** One is opened sooner where no request got a connection for this long: what holds them all takes its time. */
const heldMsMax = 50;

/**
 * A pool that opens a connection only where requests wait for one: a small command needs no more than one or two, and a
 * large one has all of them within a fraction of a second.
 */
export class SparingPool extends pg.Pool {
  readonly #connectionsMax: number;
  /** Connections that can be given to requests, unlike one that is being opened. */
  #opened = 0;
  #looking: NodeJS.Timeout | undefined;
  #lookedAt = 0;
  #servedAt = 0;
  #waitedMs = 0;

  constructor(config: pg.PoolConfig & { readonly max: number }) {
    super({ ...config, max: 1 });
    this.#connectionsMax = config.max;
    this.on('connect', () => (this.#opened += 1));
    this.on('acquire', () => (this.#servedAt = performance.now()));
    this.on('remove', () => {
      this.#opened -= 1;
      // Connections that were idle for long are closed: they are opened again only where requests wait again.
      this.#allow(Math.max(1, this.totalCount));
    });
  }

  override connect(): Promise<pg.PoolClient>;
  override connect(callback: ConnectCallback): void;
  override connect(callback?: ConnectCallback): Promise<pg.PoolClient> | void {
    if (this.#mayGrow() && this.idleCount === 0 && this.totalCount > 0) this.#startLooking();
    if (callback === undefined) return super.connect();
    super.connect(callback);
  }

  #startLooking(): void {
    if (this.#looking !== undefined) return;
    this.#lookedAt = performance.now();
    this.#servedAt = this.#lookedAt;
    this.#looking = setInterval(() => this.#look(performance.now()), lookMs);
  }

  #look(now: number): void {
    if (this.waitingCount === 0 || this.ending || !this.#mayGrow()) {
      clearInterval(this.#looking);
      this.#looking = undefined;
    } else if (this.totalCount > this.#opened) {
      // One is coming.
      this.#servedAt = now;
    } else {
      this.#waitedMs += this.waitingCount * (now - this.#lookedAt);
      if (this.#waitedMs >= waitedMsMax || now - this.#servedAt >= heldMsMax) this.#grow();
    }
    this.#lookedAt = now;
  }

  #mayGrow(): boolean {
    return this.options.max < this.#connectionsMax;
  }

  /** One that is released goes to the request that waits longest. */
  #grow(): void {
    this.#waitedMs = 0;
    this.#allow(this.options.max + 1);
    super.connect().then(
      (client) => client.release(),
      // Those that wait get the failure when they come to their turn.
      () => undefined,
    );
  }

  #allow(connections: number): void {
    this.options.max = Math.min(connections, this.#connectionsMax);
  }
}

type ConnectCallback = (
  error: Error | undefined,
  client: pg.PoolClient | undefined,
  done: (release?: unknown) => void,
) => void;
