export * from './src/actor.js';
export * from './src/clock.js';
