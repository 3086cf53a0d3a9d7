import { WebSocketGateway } from '@nestjs/websockets';

/** Where clients connect (PROTOCOL.md §1). */
export const WS_PATH = '/ws';

/**
 * Tells Nest that there is a WebSocket server at this path; EdgeAdapter runs it. Message handlers are not methods here: they are modules of their
 * own, see dispatch/command-handler.ts.
 */
@WebSocketGateway({ path: WS_PATH })
export class EdgeGateway {}
