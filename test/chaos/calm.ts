import { eventually } from '#testing';
import { connectionsAmiss, statusesAmiss, type Amiss } from './amiss.js';
import type { Device } from './device.js';
import type { Population } from './population.js';
import type { Random } from './random.js';
import type { World } from './world.js';

/** How long each thing may take once nothing is broken any more, ms. The sweep of a dead gateway's connections may take 10 s. */
export const BOUND_MS = 45_000;
const EVERY_MS = 100;
/** Every so many devices leave for a while, so that it shows whether they are told offline. */
const LEAVING = 0.25;

/** What did not come right although nothing was broken any more; each for people. */
export interface Unsettled extends Amiss {
  /** Apps not ready, devices not back, messages not accepted, views that did not reach the end of their log. */
  readonly stuck: string[];
}

export interface Calm {
  readonly world: World;
  readonly population: Population;
  readonly random: Random;
  /** How long each thing may take, ms. */
  readonly boundMs: number;
}

/** Gives the check all the time it may need; what it still finds after that is returned. */
async function settles(check: () => Promise<string[]> | string[], timeoutMs: number): Promise<string[]> {
  let found: string[] = [];
  const look = async (): Promise<void> => {
    found = await check();
    if (found.length > 0) throw new Error(found.join('; '));
  };
  await eventually(look, { timeoutMs, everyMs: EVERY_MS }).catch(() => undefined);
  return found;
}

/** Between two rounds everything has to come right by itself: ready, connected, accepted, delivered, and known to be so. */
export async function calm({ world, population, random, boundMs }: Calm): Promise<Unsettled> {
  const stuck: string[] = [];
  const expect = async (what: string, check: () => Promise<string[]> | string[]): Promise<void> => {
    const found = await settles(check, boundMs);
    stuck.push(...found.map((one) => `${what}: ${one}`));
  };
  await expect('not ready', () => world.unready());
  await expect('not back', () => population.absent().map(nameOf));
  population.pause();
  await expect('not accepted', () => population.pending());
  await expect('not subscribed', () => population.unsubscribed());
  await expect('behind', () => population.behind());
  const leaving = population.devices.filter(({ options }) => options.watches.length === 0 && random.chance(LEAVING));
  await Promise.all(leaving.map((device) => device.goAway()));
  const found = await presence(world, population, boundMs);
  for (const device of leaving) device.comeBack();
  await expect('not back', () => population.absent().map(nameOf));
  population.resume();
  return { stuck, ...found };
}

const nameOf = ({ options }: Device): string => `${options.userId}/${options.device}`;

/** What the server API and the watchers say of everybody, against who is there. */
async function presence(world: World, population: Population, boundMs: number): Promise<Amiss> {
  let ghosts: string[] = [];
  let unseen: string[] = [];
  await settles(async () => {
    const listed = await world.presences(population.users);
    const live = liveConnections(population);
    const told = connectionsAmiss(listed, live);
    const watched = statusesAmiss(population.devices, new Set(live.values()));
    ghosts = [...told.ghosts, ...watched.ghosts];
    unseen = [...told.unseen, ...watched.unseen];
    return [...ghosts, ...unseen];
  }, boundMs);
  return { ghosts, unseen };
}

/** Which connections there are, and whose. */
const liveConnections = ({ devices }: Population): Map<string, string> =>
  new Map(devices.flatMap(({ live, options }) => (live?.client.open ? [[live.connectionId, options.userId]] : [])));
