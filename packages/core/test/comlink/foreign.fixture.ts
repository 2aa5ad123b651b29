import { serveForeign } from './comlink.fixture.ts';

void serveForeign();
