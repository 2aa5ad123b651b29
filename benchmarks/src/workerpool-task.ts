/** The same task as a worker of `workerpool` offers it. */
import workerpool from 'workerpool';
import increment from './executor-task.ts';

workerpool.worker({ increment });
