import { Module } from '@nestjs/common';
import { SendingModule } from '../../sending/sending.module.js';
import { MessageHandler } from './message.handler.js';

@Module({ imports: [SendingModule], providers: [MessageHandler], exports: [MessageHandler] })
export class MessageModule {}
