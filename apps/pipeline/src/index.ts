/** `@heddle/pipeline`: what a transform module imports. Everything else is the command `heddle-pipeline`. */

export { defineTransform } from './stream/define-transform.ts';
export type {
  Transform,
  TransformContext,
  Transformed,
  TransformInput,
  TransformOutput,
} from './stream/define-transform.ts';
export type { Format } from './stream/record.ts';
export type { SyslogMessage, StructuredData } from './stream/format/syslog.ts';
