/** The same task as a worker of `poolifier` offers it. */
import { ThreadWorker } from 'poolifier';
import increment from './executor-task.ts';

export default new ThreadWorker<number, number>(n => increment(n!));
