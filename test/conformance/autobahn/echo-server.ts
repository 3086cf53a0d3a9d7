import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Authentication } from '../../../apps/gateway/src/auth/authentication.js';
import { Grants } from '../../../apps/gateway/src/auth/grants.js';
import { Admission } from '../../../apps/gateway/src/connection/admission.js';
import { Counters } from '../../../apps/gateway/src/connection/counters.js';
import { EdgeAdapter } from '../../../apps/gateway/src/connection/edge-adapter.js';
import type { EdgeSocket, SocketOwner } from '../../../apps/gateway/src/connection/edge-socket.js';
import { EdgeGateway } from '../../../apps/gateway/src/connection/edge.gateway.js';
import { encodeFrame } from '../../../apps/gateway/src/connection/frame.js';
import { Sessions } from '../../../apps/gateway/src/connection/sessions.js';

/** The largest message of the Autobahn suite is 16 MiB. */
const MAX_PAYLOAD = 32 * 1024 * 1024;

/** In place of sessions: each frame goes back as it came, by the way that the gateway's own frames take. */
class EchoSessions {
  open(socket: EdgeSocket): void {
    socket.belongTo(new Echo(socket));
  }
}

class Echo implements SocketOwner {
  constructor(private readonly socket: EdgeSocket) {}

  onFrame(frame: Buffer, binary: boolean): void {
    this.socket.raw.write(encodeFrame(frame, binary));
  }

  onPong(): void {}

  /** Every frame is written as it comes: nothing waits. */
  onClosing(): void {}

  onClose(): void {}

  onError(): void {}
}

@Module({
  providers: [
    EdgeGateway,
    { provide: Sessions, useClass: EchoSessions },
    Counters,
    { provide: Authentication, useValue: { required: false } },
    { provide: Grants, useValue: {} },
    { provide: Admission, useValue: { refusal: () => undefined } },
  ],
})
class EchoModule {}

/** Serves the gateway's own WebSocket adapter with an echo behind it. */
export async function startEcho(port: number): Promise<{ readonly stop: () => Promise<void> }> {
  const app = await NestFactory.create(EchoModule, { logger: ['error'], abortOnError: false });
  app.useWebSocketAdapter(new EdgeAdapter(app, { maxPayload: MAX_PAYLOAD }));
  await app.listen(port, '127.0.0.1');
  return { stop: async () => app.close() };
}
