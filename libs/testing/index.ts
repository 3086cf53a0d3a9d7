export { VirtualClock } from './src/virtual-clock.js';
export { eventually, type EventuallyOptions } from './src/eventually.js';
export { freePort, listening } from './src/ports.js';
export { RedisServer, type RedisServerOptions } from './src/redis-server.js';
