import type { Told } from './world.js';

/** Where what the system says of who is there is not what is; each for people. */
export interface Amiss {
  /** Connections that the system tells of and that are gone; users shown online who are gone. */
  readonly ghosts: string[];
  /** Connections that are there and that the system does not tell of; users shown offline who are there. */
  readonly unseen: string[];
}

/** @param live by connection, its user */
export function connectionsAmiss(told: readonly Told[], live: ReadonlyMap<string, string>): Amiss {
  const listed = told.flatMap(({ userId, connections }) =>
    connections.map((connection) => ({ userId, ...connection })),
  );
  const ghosts = listed
    .filter(({ connectionId, userId }) => live.get(connectionId) !== userId)
    .map(({ userId, connectionId, gatewayId }) => `${userId} has ${connectionId} at ${gatewayId}, which is gone`);
  const known = new Set(listed.map(({ connectionId }) => connectionId));
  const unseen = [...live].filter(([id]) => !known.has(id)).map(([id, user]) => `${user} has ${id}, nobody knows it`);
  for (const { userId, status, connections } of told)
    if (status === 'online' && connections.length === 0) ghosts.push(`${userId} is online without a connection`);
  return { ghosts, unseen };
}

/** Somebody who watches, and what they were told last. */
export interface Watcher {
  readonly options: { readonly userId: string; readonly device: string; readonly watches: readonly string[] };
  readonly statuses: ReadonlyMap<string, string>;
}

/** @param here users with a connection */
export function statusesAmiss(watchers: readonly Watcher[], here: ReadonlySet<string>): Amiss {
  const amiss: Amiss = { ghosts: [], unseen: [] };
  for (const { options, statuses } of watchers)
    for (const user of options.watches) {
      const status = statuses.get(user) ?? 'untold';
      const line = `${options.userId}/${options.device} watches ${user}: ${status}`;
      if (status !== 'offline' && !here.has(user)) amiss.ghosts.push(line);
      if (status !== 'online' && here.has(user)) amiss.unseen.push(line);
    }
  return amiss;
}
