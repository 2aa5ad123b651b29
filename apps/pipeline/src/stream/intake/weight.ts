import type { Job } from '../record.ts';

/** What a job takes besides its bytes, about: measured with a million of 20 bytes. */
const JOB_BYTES = 300;

/** How much memory a job takes, about. */
export function weight(job: Job): number {
  return JOB_BYTES + job.bytes.length;
}
