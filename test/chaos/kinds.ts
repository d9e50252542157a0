/** Every kind of fault by its name. */
import { decoderFaults } from './decoder-faults.ts';
import { engineFaults } from './engine-faults.ts';
import type { FaultKind } from './fault-kind.ts';
import { publisherFaults } from './publisher-faults.ts';
import { serverFaults } from './server-faults.ts';
import { viewerFaults } from './viewer-faults.ts';

export const faultKinds: ReadonlyMap<string, FaultKind> = new Map(
  Object.entries({ ...decoderFaults, ...engineFaults, ...publisherFaults, ...viewerFaults, ...serverFaults }),
);

/** Nothing but runs that follow each other. */
export const noFaults: ReadonlyMap<string, FaultKind> = new Map();
