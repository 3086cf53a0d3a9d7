export * from './src/port.js';
