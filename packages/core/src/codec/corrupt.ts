/**
 * The error for bytes that no encoder wrote. It means a bug in Heddle or a stray write to shared memory, never a user's mistake.
 */
import { HeddleError } from '../errors.ts';

export class CorruptMessageError extends HeddleError {
  static {
    this.prototype.name = 'CorruptMessageError';
  }
}

export function corrupt(what: string): never {
  throw new CorruptMessageError(`corrupt message: ${what}`);
}
