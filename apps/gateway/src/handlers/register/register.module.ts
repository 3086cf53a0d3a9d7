import { Module } from '@nestjs/common';
import { ConnectionModule } from '../../connection/connection.module.js';
import { UpstreamModule } from '../../upstream/upstream.module.js';
import { RegisterHandler } from './register.handler.js';
import { Registrar } from './registrar.js';

@Module({
  imports: [ConnectionModule, UpstreamModule],
  providers: [RegisterHandler, Registrar],
  exports: [RegisterHandler, Registrar],
})
export class RegisterModule {}
