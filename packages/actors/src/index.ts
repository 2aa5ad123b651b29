export { isAbnormal, type ExitReason } from './supervision/exit-reason.ts';
