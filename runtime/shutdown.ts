/** Signals. SIGTERM and SIGINT: the first asks for an orderly end, the second ends at once. SIGHUP: read files again. */

export interface ShutdownTarget {
  close(): Promise<unknown>;
  force(): void;
}

/** Listens for the signals; returns the function that stops listening. */
export function onSignals(target: ShutdownTarget, announce: (signal: string, again: boolean) => void): () => void {
  let asked = false;
  const listener = (signal: NodeJS.Signals): void => {
    announce(signal, asked);
    if (asked) {
      target.force();
      process.exit(1);
    }
    asked = true;
    void target.close();
  };
  process.on('SIGTERM', listener);
  process.on('SIGINT', listener);
  return () => {
    process.off('SIGTERM', listener);
    process.off('SIGINT', listener);
  };
}

/** Listens for SIGHUP; returns the function that stops listening. */
export function onHangUp(listener: () => void): () => void {
  process.on('SIGHUP', listener);
  return () => void process.off('SIGHUP', listener);
}
