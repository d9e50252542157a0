/** A viewer client that writes down what it is told, in order. */
import { Viewer } from '../../runtime/client/viewer.js';
import type { ViewerOptions } from '../../runtime/client/viewer.js';

export interface ViewerLog extends Disposable {
  viewer: Viewer;
  /** One line each, such as `final 1 hello` or `connection lost`. */
  lines: string[];
  /** Resolves once these lines have come, in this order, others between them allowed. */
  saw(...lines: string[]): Promise<void>;
}

const WAIT_MS = 15_000;

export function logViewer(url: string, options: Partial<ViewerOptions> = {}): ViewerLog {
  const lines: string[] = [];
  const heard = new EventTarget();
  const write = (line: string): void => {
    lines.push(line);
    heard.dispatchEvent(new Event('line'));
  };
  const viewer = new Viewer({
    url,
    random: () => 1,
    ...options,
    listeners: {
      connection: (connection) => write(`connection ${connection}`),
      run: ({ epoch }) => write(`run ${epoch}`),
      state: (state) => write(`state ${state}`),
      partial: ({ text }) => write(`partial ${text}`),
      final: ({ offset, text }) => write(`final ${offset} ${text}`),
      gap: ({ offset, cause }) => write(`gap ${offset} ${cause}`),
      missed: (count) => write(`missed ${count}`),
      end: ({ offset }) => write(`end ${offset}`),
    },
  });
  return { viewer, lines, saw: (...wanted) => saw(lines, heard, wanted), [Symbol.dispose]: () => viewer.close() };
}

function saw(lines: readonly string[], heard: EventTarget, wanted: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const deadline = setTimeout(() => reject(new Error(`no ${wanted.join(', ')} in: ${lines.join(', ')}`)), WAIT_MS);
    const look = (): void => {
      let from = 0;
      for (const line of wanted) {
        from = lines.indexOf(line, from) + 1;
        if (from === 0) return;
      }
      clearTimeout(deadline);
      heard.removeEventListener('line', look);
      resolve();
    };
    heard.addEventListener('line', look);
    look();
  });
}
