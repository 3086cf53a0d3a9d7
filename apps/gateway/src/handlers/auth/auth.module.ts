import { Module } from '@nestjs/common';
import { RegisterModule } from '../register/register.module.js';
import { AuthHandler } from './auth.handler.js';

@Module({ imports: [RegisterModule], providers: [AuthHandler], exports: [AuthHandler] })
export class AuthModule {}
