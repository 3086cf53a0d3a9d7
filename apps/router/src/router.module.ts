import { Module } from '@nestjs/common';
import { InboxModule } from './inbox/inbox.module.js';

/** The router: stores, orders and fans out. Engine, mesh, actors and numbers come from the app that runs it. */
@Module({ imports: [InboxModule] })
export class RouterModule {}
