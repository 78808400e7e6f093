import type pg from 'pg';
import type { Simulator } from '../../../simulator/http/server.ts';
import type { World } from '../../../simulator/world/world.ts';
import type { OwnServer } from '../postgres/own-server.ts';
import type { Crew } from './crew.ts';

/** What actions act on. */
export interface ChaosStage {
  readonly simulator: Simulator;
  readonly world: World;
  readonly pool: pg.Pool;
  readonly server: OwnServer;
  readonly crew: Crew;
  readonly random: () => number;
  readonly state: { isRetentionOn: boolean; forgotten: string | undefined };
}
