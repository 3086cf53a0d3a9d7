import './node-version.mjs';
import { setUp } from './set-up.mjs';

setUp();
await import('../dist/apps/standalone/src/main.js');
