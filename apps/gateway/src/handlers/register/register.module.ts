import { Module } from '@nestjs/common';
import { ConnectionModule } from '../../connection/connection.module.js';
import { UpstreamModule } from '../../upstream/upstream.module.js';
import { RegisterHandler } from './register.handler.js';

@Module({ imports: [ConnectionModule, UpstreamModule], providers: [RegisterHandler], exports: [RegisterHandler] })
export class RegisterModule {}
