/** Deaths as steps of a schedule. */
import { describe, expect, it } from 'vitest';
import { explore, findFailure } from '../src/index.ts';
import * as scenarios from './faults.scenarios.ts';

const victims = [0, 1];

describe('faults: { kills: 1 }', () => {
  it('find that a lock whose holder died stays locked, and say who died where', async () => {
    await explore(scenarios.unrepaired, { schedules: 200 });
    const failure = (await findFailure(scenarios.unrepaired, { schedules: 200, faults: { kills: 1 } }))!;
    expect(failure.kind).toBe('lost wakeup');
    expect(failure.message).toMatch(/ {2}[AB] was killed\n/);
    expect(failure.message).toMatch(/ {2}[AB] sleeps on lock\[0\]/);
    expect(failure.message).toMatch(/\d {2}[AB] {2}is killed/);
    const again = (await findFailure(scenarios.unrepaired, { replay: failure.trace }))!;
    expect(again.kind).toBe('lost wakeup');
    expect(again.trace).toBe(failure.trace);
  });

  it('find that a repair which tells nobody is none', async () => {
    const failure = await findFailure(scenarios.unannounced, {
      schedules: 500,
      faults: { kills: 1, victims },
      shorten: false,
    });
    expect(failure?.kind).toBe('lost wakeup');
  });

  it('pass what is repaired, with one death and with two', async () => {
    await explore(scenarios.repaired, { schedules: 500, faults: { kills: 1, victims } });
    await explore(scenarios.repaired, { schedules: 500, faults: { kills: 2, victims } });
  });

  it('run nothing of a thread after its death', async () => {
    await explore(scenarios.nothingAfterDeath, { schedules: 500, faults: { kills: 1, victims: [0] } });
  });

  it('are refused where they make no sense', async () => {
    const { repaired } = scenarios;
    await expect(explore(repaired, { strategy: 'exhaustive', faults: { kills: 1 } })).rejects.toThrow(
      "faults can't be explored exhaustively",
    );
    await expect(explore(repaired, { faults: { kills: 9 } })).rejects.toThrow(
      'faults.kills must be a whole number from 0 to 3, got 9',
    );
    await expect(explore(repaired, { faults: { kills: 1, victims: [5] } })).rejects.toThrow(
      'each of faults.victims must be a whole number from 0 to 2, got 5',
    );
  });
});
