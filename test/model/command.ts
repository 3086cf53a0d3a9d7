import type fc from 'fast-check';
import type { DeliveryModel } from './delivery-model.js';
import type { World } from './world.js';

/** One thing that a client does, and what it must see of it. */
export type Command = fc.AsyncCommand<DeliveryModel, World>;
