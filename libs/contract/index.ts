export * from './src/router.js';
export * from './src/presence.js';
export * from './src/position.js';
export * from './src/gateway.js';
export * from './src/roles.js';
export * from './src/refusal.js';
export { LAYOUTS } from './src/layouts.js';
