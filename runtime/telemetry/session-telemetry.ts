/** A session as telemetry sees it: its metrics and its spans, fed from outside. */
import type { InspectionEvent } from 'xstate';
import type { SessionMeter } from './session-meter.ts';
import type { SessionSpans } from './session-spans.ts';

export class SessionTelemetry {
  readonly meter: SessionMeter;
  readonly spans: SessionSpans;

  constructor(meter: SessionMeter, spans: SessionSpans) {
    this.meter = meter;
    this.spans = spans;
  }

  /** For `createActor`. An observer that throws would break what it observes. */
  readonly inspect = (inspected: InspectionEvent): void => {
    try {
      this.meter.inspect(inspected);
      this.spans.inspect(inspected);
    } catch {
      // What is not counted is no reason to disturb a session.
    }
  };
}
