export * from './src/commands.js';
export * from './src/events.js';
export * from './src/errors.js';
export * from './src/close-codes.js';
export * from './src/codec.js';
export * from './src/body.js';
