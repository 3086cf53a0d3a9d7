export { VirtualClock } from './src/virtual-clock.js';
export { eventually, type EventuallyOptions } from './src/eventually.js';
export { freePort, listening } from './src/ports.js';
export { RedisServer, type RedisServerOptions } from './src/redis-server.js';
export { AppProcess, type AppName } from './src/app-process.js';
export { Cluster } from './src/cluster.js';
export { WireClient, type Frame } from './src/wire-client.js';
