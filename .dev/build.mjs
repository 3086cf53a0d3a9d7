import './node-version.mjs';
import { setUp } from './set-up.mjs';

setUp();
