import { STATUS_CODES } from 'node:http';
import { HttpException } from '@nestjs/common';
import { REFUSAL } from '#contract';
import { EngineUnavailableError } from '#engine';
import { MeshError } from '#mesh';
import { ERRORS, ProtocolError, TEXTS, type ErrorCode } from '#protocol';

/** RFC 9457 problem details, with the protocol's code (PROTOCOL.md §5) as `code`. */
export interface Problem {
  /** `about:blank` where the HTTP status says it all. */
  readonly type: string;
  /** The same for every problem of one type. */
  readonly title: string;
  readonly status: number;
  /** What is wrong this time; never echoes message content. */
  readonly detail: string;
  readonly code: ErrorCode;
  /** ms; absent: the same request will not succeed later. */
  readonly retryAfterMs?: number;
}

const STATUS: Readonly<Record<ErrorCode, number>> = {
  WS_INVALID_MESSAGE: 400,
  WS_INVALID_PAYLOAD: 400,
  WS_NOT_AUTHENTICATED: 401,
  WS_AUTH_FAILED: 401,
  WS_FORBIDDEN: 403,
  WS_USER_NOT_FOUND: 404,
  WS_RATE_LIMITED: 429,
  WS_UNAVAILABLE: 503,
  WS_INTERNAL_ERROR: 500,
};

/** Where nobody said when to try again, ms. */
const RETRY_MS = 1_000;

/** What an HTTP client is told of an error; whatever is not expected is ours to fix and says no more than "Internal error". */
export function problemOf(error: unknown): Problem {
  if (error instanceof ProtocolError) return coded(error.code, error.message, error.retryAfterMs);
  if (error instanceof EngineUnavailableError) return coded('WS_UNAVAILABLE', 'The engine is away', RETRY_MS);
  if (error instanceof MeshError) return ofMesh(error);
  if (error instanceof HttpException && error.getStatus() < 500) return plain(error);
  return coded('WS_INTERNAL_ERROR', ERRORS.WS_INTERNAL_ERROR.text);
}

/** `WS_INVALID_PAYLOAD`: invalid, payload. */
const wordsOf = (code: ErrorCode): string[] => code.toLowerCase().split('_').slice(1);

const titleOf = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const coded = (code: ErrorCode, detail: string, retryAfterMs?: number): Problem => ({
  type: `urn:problem:switchboard:${wordsOf(code).join('-')}`,
  title: titleOf(wordsOf(code).join(' ')),
  status: STATUS[code],
  detail,
  code,
  ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
});

/** Only messages go over the mesh with an answer. */
function ofMesh({ code, remoteCode, message, retryAfterMs = RETRY_MS }: MeshError): Problem {
  if (code === 'timeout' || code === 'member_left')
    return coded('WS_UNAVAILABLE', `${TEXTS.sendFailed}, or only to hear of it: repeat it with the same id`, RETRY_MS);
  if (code !== 'remote') return coded('WS_UNAVAILABLE', TEXTS.sendFailed, RETRY_MS);
  switch (remoteCode) {
    case REFUSAL.forbidden:
      return coded('WS_FORBIDDEN', message);
    case REFUSAL.unknownRecipient:
      return coded('WS_USER_NOT_FOUND', ERRORS.WS_USER_NOT_FOUND.text);
    case REFUSAL.overloaded:
    case REFUSAL.unavailable:
      return coded('WS_UNAVAILABLE', message, retryAfterMs);
    default:
      return coded('WS_INTERNAL_ERROR', ERRORS.WS_INTERNAL_ERROR.text);
  }
}

/** What HTTP itself knows: no such path, a body too long, or of another type, or that cannot be read. */
function plain(error: HttpException): Problem {
  const status = error.getStatus();
  const title = STATUS_CODES[status] ?? 'Bad Request';
  return { type: 'about:blank', title, status, detail: detailOf(error), code: 'WS_INVALID_MESSAGE' };
}

/** The parser's own words for a body that it cannot read hold a piece of that body. */
function detailOf({ cause, message }: HttpException): string {
  const { type } = (cause ?? {}) as { readonly type?: unknown };
  return type === 'entity.parse.failed' ? 'The body is not valid JSON' : message;
}
