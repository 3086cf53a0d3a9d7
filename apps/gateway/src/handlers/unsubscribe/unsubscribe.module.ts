import { Module } from '@nestjs/common';
import { UnsubscribeHandler } from './unsubscribe.handler.js';

@Module({ providers: [UnsubscribeHandler], exports: [UnsubscribeHandler] })
export class UnsubscribeModule {}
