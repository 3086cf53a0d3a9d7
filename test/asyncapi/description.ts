import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';
import { parse } from 'yaml';

type Json = Readonly<Record<string, unknown>>;

interface Reference {
  readonly $ref: string;
}

interface Operation {
  readonly action: 'send' | 'receive';
  readonly channel: Reference;
  readonly messages: readonly Reference[];
  readonly reply?: { readonly messages: readonly Reference[] };
}

interface Schema {
  readonly required?: readonly string[];
  readonly properties: Readonly<Record<string, { readonly const?: unknown }>>;
}

interface Document {
  readonly info: {
    readonly 'x-error-codes': Readonly<Record<string, string>>;
    readonly 'x-close-codes': Readonly<Record<string, { readonly reconnect: boolean }>>;
  };
  readonly operations: Readonly<Record<string, Operation>>;
  readonly channels: Readonly<Record<string, { readonly messages: Readonly<Record<string, Reference>> }>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Json>>;
    readonly messages: Readonly<Record<string, { readonly payload: Schema | Reference; readonly headers?: Schema }>>;
  };
}

export const FILE = 'docs/asyncapi.yaml';

/** One message of the description. */
export interface Described {
  /** Its name in the description. */
  readonly name: string;
  /** Its wire type: of JSON a word, of MessagePack a number. */
  readonly type: unknown;
  /** Fields that it may have. */
  readonly fields: readonly string[];
  /** Those that it must have. */
  readonly required: readonly string[];
  readonly validate: ValidateFunction;
  /** MessagePack: `type` and `seq`. */
  readonly validateHeaders: ValidateFunction | undefined;
}

/** docs/asyncapi.yaml, as far as it is checked. */
export class Description {
  readonly document = parse(readFileSync(FILE, 'utf8')) as Document;
  private readonly ajv = new Ajv({ strict: false, validateSchema: false }).addSchema(this.document, 'asyncapi');

  /** What clients send on a channel, by wire type. */
  commands(channel: string): ReadonlyMap<unknown, Described> {
    return this.byType(this.operations(channel, 'receive').flatMap(({ messages }) => messages));
  }

  /** What the server sends on a channel, asked or not, by wire type. */
  events(channel: string): ReadonlyMap<unknown, Described> {
    const replies = this.operations(channel, 'receive').flatMap(({ reply }) => reply?.messages ?? []);
    return this.byType([...this.operations(channel, 'send').flatMap(({ messages }) => messages), ...replies]);
  }

  /** Messages that a channel names. */
  namesOn(channel: string): readonly string[] {
    return Object.keys(this.document.channels[channel]!.messages);
  }

  private operations(channel: string, action: Operation['action']): Operation[] {
    return Object.values(this.document.operations).filter(
      (operation) => operation.action === action && operation.channel.$ref === `#/channels/${channel}`,
    );
  }

  private byType(references: readonly Reference[]): ReadonlyMap<unknown, Described> {
    const described = references.map(({ $ref }) => this.describe($ref.split('/').at(-1)!));
    return new Map(described.map((message) => [message.type, message]));
  }

  private describe(name: string): Described {
    const { payload, headers } = this.document.components.messages[name]!;
    const schema = this.resolve(payload);
    return {
      name,
      type: (headers ?? schema).properties['type']!.const,
      fields: Object.keys(schema.properties),
      required: schema.required ?? [],
      validate: this.ajv.compile({ $ref: `asyncapi#/components/messages/${name}/payload` }),
      validateHeaders: headers && this.ajv.compile({ $ref: `asyncapi#/components/messages/${name}/headers` }),
    };
  }

  private resolve(schema: Schema | Reference): Schema {
    if (!('$ref' in schema)) return schema;
    return this.document.components.schemas[schema.$ref.split('/').at(-1)!] as unknown as Schema;
  }
}

/** What is wrong with a frame, for a failing test; empty: nothing. */
export const faultsOf = ({ validate }: Described, frame: unknown): string =>
  validate(frame)
    ? ''
    : JSON.stringify(validate.errors?.map(({ instancePath, message }) => `${instancePath} ${message}`));
