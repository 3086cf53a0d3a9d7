import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { ApiModule } from './api.module.js';

const TAGS = {
  messages: 'Sending, and reading what is stored',
  presence: 'Who is connected, and as what they show themselves',
  connections: 'Live connections of users, and their ends',
  conversations: 'Who belongs to which conversation',
} as const;

export type Tag = keyof typeof TAGS;

function frame(): Omit<OpenAPIObject, 'paths'> {
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Switchboard server API')
    .setDescription('What a backend does with Switchboard. Errors are problem details (RFC 9457).')
    .setVersion('1')
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer('/', 'The router, or standalone')
    .addSecurity('bearer', { type: 'http', scheme: 'bearer', description: 'The value of `API_KEY`' });
  for (const [tag, description] of Object.entries(TAGS)) builder.addTag(tag, description);
  return builder.build();
}

/** The API in OpenAPI: for people at /docs, for programs at /docs/openapi.json and /docs/openapi.yaml. It is made when it is first asked for. */
export function serveDescription(app: INestApplication): void {
  const make = (): OpenAPIObject =>
    SwaggerModule.createDocument(app, frame(), {
      include: [ApiModule],
      operationIdFactory: (_controller, method) => method,
    });
  SwaggerModule.setup('docs', app, make, {
    jsonDocumentUrl: 'docs/openapi.json',
    yamlDocumentUrl: 'docs/openapi.yaml',
    customSiteTitle: 'Switchboard server API',
  });
}
