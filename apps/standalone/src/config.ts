import { GATEWAY_VARIABLES } from '../../gateway/src/config.js';
import { PRESENCE_VARIABLES } from '../../presence/src/config.js';
import { ROUTER_VARIABLES } from '../../router/src/config.js';

/** Whatever any of the three reads. */
export const STANDALONE_VARIABLES = [...new Set([...GATEWAY_VARIABLES, ...PRESENCE_VARIABLES, ...ROUTER_VARIABLES])];
