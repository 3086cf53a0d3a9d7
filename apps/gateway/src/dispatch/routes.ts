import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { compileChecker, type Checker, type Fields } from './checker.js';
import { Declared, type Declaration, type Handler } from './command-handler.js';

/** Where the frames of one wire type go. */
export interface Route {
  readonly type: string;
  readonly anonymous: boolean;
  readonly check: Checker;
  readonly handler: Handler<Fields>;
}

/** The dispatch table: every handler that the app's modules provide, found once at start. */
@Injectable()
export class Routes implements OnModuleInit {
  private readonly byType = new Map<string, Route>();

  constructor(@Inject(DiscoveryService) private readonly discovery: DiscoveryService) {}

  /** Throws when two handlers declare one type: which of them would answer is nobody's guess. */
  onModuleInit(): void {
    for (const provider of this.discovery.getProviders({ metadataKey: Declared.KEY })) {
      const declaration = this.discovery.getMetadataByDecorator(Declared, provider);
      if (declaration && provider.instance) this.add(declaration, provider.instance as Handler<Fields>);
    }
  }

  get(type: string): Route | undefined {
    return this.byType.get(type);
  }

  get types(): readonly string[] {
    return [...this.byType.keys()];
  }

  private add({ type, dto, anonymous = false }: Declaration, handler: Handler<Fields>): void {
    const known = this.byType.get(type);
    if (known && known.handler !== handler) throw new Error(`two handlers for the message type ${type}`);
    this.byType.set(type, { type, anonymous, check: compileChecker(dto), handler });
  }
}
