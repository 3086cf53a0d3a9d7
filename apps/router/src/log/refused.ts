import { UNAVAILABLE, type Refusal } from '#contract';
import { EngineUnavailableError } from '#engine';
import { MeshRefusal } from '#mesh';

/** A refusal as a handler throws it. */
export const asMeshRefusal = ({ code, message, retryAfterMs }: Refusal): MeshRefusal =>
  new MeshRefusal(code, message, retryAfterMs);

/** For `catch`: an engine that is away is a refusal; anything else is a fault, and stays one. */
export function refused(error: unknown): never {
  throw error instanceof EngineUnavailableError ? asMeshRefusal(UNAVAILABLE) : error;
}
