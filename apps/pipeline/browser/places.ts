// What can be looked at: places of the Mandelbrot set where there is much to compute.

import type { View } from './pipeline.ts';

export interface Place {
  readonly name: string;
  readonly view: View;
}

const SIZE = { width: 960, height: 640 };

export const PLACES: readonly [Place, ...Place[]] = [
  {
    name: 'Seahorse valley',
    view: { ...SIZE, real: -0.743_643_9, imaginary: 0.131_825_9, span: 0.012, iterations: 1000 },
  },
  {
    name: 'Elephant valley',
    view: { ...SIZE, real: 0.2755, imaginary: 0.0075, span: 0.03, iterations: 1000 },
  },
  {
    name: 'Triple spiral',
    view: { ...SIZE, real: -0.0882, imaginary: 0.6545, span: 0.013, iterations: 1000 },
  },
];
