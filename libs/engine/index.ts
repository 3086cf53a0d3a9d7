export * from './src/port.js';
export { createEngine, type EngineOptions } from './src/create-engine.js';
export { DEFAULT_ENGINE_SETTINGS } from './src/settings.js';
export { Together } from './src/together.js';
