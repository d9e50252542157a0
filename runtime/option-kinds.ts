/**
 * The kinds of option there are: how a text of the environment becomes a value, and what was expected when it cannot.
 *
 * Pure: no environment, no file system. `options.ts` builds its table from these.
 */
import { isIP } from 'node:net';
import { mayReach } from './outgoing/reach.ts';
import { parseNetwork } from './proxies.ts';

/** What a text became. `expected` completes the sentence "NAME must be …". */
export type Parsed<T> = { ok: true; value: T } | { ok: false; expected: string };

/** One row of the option table. */
export interface Option<T> {
  /** The default as it would be written in the environment; undefined when there is none. */
  readonly fallback: string | undefined;
  /** The default as people read it, when `fallback` does not say it. */
  readonly fallbackShown?: string;
  /** What values are taken, for people. Empty when the meaning says it. */
  readonly range: string;
  /** One sentence part, lower case, without a full stop. */
  readonly meaning: string;
  /** Never printed. */
  readonly secret?: true;
  parse(text: string): Parsed<T>;
}

/** A row without a default: its value may be absent. */
export type Optional<T> = Option<T> & { readonly fallback: undefined };

const ok = <T>(value: T): Parsed<T> => ({ ok: true, value });
const refuse = (expected: string): Parsed<never> => ({ ok: false, expected });

/** A whole number of `unit` between two bounds, both included. */
export function whole(fallback: number, bounds: readonly [number, number], meaning: string): Option<number> {
  const [minimum, maximum] = bounds;
  return {
    fallback: String(fallback),
    range: `${minimum}–${maximum}`,
    meaning,
    parse: (given) => {
      const value = /^\d{1,15}$/.test(given) ? Number(given) : Number.NaN;
      if (value >= minimum && value <= maximum) return ok(value);
      return refuse(`a whole number from ${minimum} to ${maximum}`);
    },
  };
}

/** A TCP port; 0 takes any free one. */
export function port(fallback: number, meaning: string): Option<number> {
  return whole(fallback, [0, 65_535], meaning);
}

const hostName = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i;

/** An address to listen on: IPv4, IPv6 or a name. */
export function host(meaning: string): Option<string> {
  return {
    fallback: '127.0.0.1',
    range: '',
    meaning,
    parse: (given) => (isIP(given) || hostName.test(given) ? ok(given) : refuse('an IP address or a host name')),
  };
}

/** A web address without a slash at its end. */
export function address(fallback: string, meaning: string): Option<string> {
  return {
    fallback,
    range: '',
    meaning,
    parse: (given) =>
      URL.canParse(given) && /^https?:$/.test(new URL(given).protocol)
        ? ok(given.replace(/(?<!\/)\/+$/, ''))
        : refuse(`a web address such as ${fallback}`),
  };
}

/** A web address as it is, and no default. */
export function optionalAddress(meaning: string): Optional<string> {
  return {
    ...optionalText(meaning),
    parse: (given) =>
      URL.canParse(given) && /^https?:$/.test(new URL(given).protocol)
        ? ok(given)
        : refuse('a web address (http or https)'),
  };
}

/** A text that is a key, of so many bytes at least, and no default. */
export function keyOfBytes(minimumBytes: number, meaning: string): Optional<string> {
  return {
    ...optionalText(meaning),
    range: `≥ ${minimumBytes} bytes`,
    parse: (given) =>
      Buffer.byteLength(given) >= minimumBytes
        ? ok(given)
        : refuse(`${minimumBytes} bytes or more (openssl rand -base64 ${minimumBytes} makes one)`),
  };
}

/** A web address as it is, to which requests are sent; a host that is an address may not be one that never is right. */
export function target(meaning: string): Optional<URL> {
  return {
    fallback: undefined,
    fallbackShown: '–',
    range: '',
    meaning,
    parse: (given) => {
      const url = URL.parse(given);
      const name = url?.hostname.replace(/^\[|\]$/g, '') ?? '';
      const isReachable = isIP(name) === 0 || mayReach(name, name, 'operator');
      return url !== null && /^https?:$/.test(url.protocol) && isReachable
        ? ok(url)
        : refuse('a web address such as https://example.org/hook');
    },
  };
}

/** Any text. */
export function text(fallback: string, meaning: string): Option<string> {
  return { fallback, range: '', meaning, parse: ok };
}

/** Any text, and no default; `fallbackShown` says what its absence means. */
export function optionalText(meaning: string, fallbackShown = '–'): Optional<string> {
  return { fallback: undefined, fallbackShown, range: '', meaning, parse: ok };
}

/** One of a few words. */
export function choice<const W extends string>(fallback: W, words: readonly W[], meaning: string): Option<W> {
  return {
    fallback,
    range: words.join(', '),
    meaning,
    parse: (given) => {
      const word = words.find((candidate) => candidate === given);
      return word === undefined ? refuse(`one of ${words.join(', ')}`) : ok(word);
    },
  };
}

/** Some of a few words, between commas; all of them unless told otherwise. */
export function someOf<const W extends string>(words: readonly W[], meaning: string): Option<W[]> {
  return {
    fallback: words.join(','),
    fallbackShown: 'all',
    range: 'comma list',
    meaning,
    parse: (given) => {
      const named = list(given);
      const known = words.filter((word) => named.includes(word));
      return known.length > 0 && known.length === new Set(named).size
        ? ok(known)
        : refuse(`some of ${words.join(', ')}, between commas`);
    },
  };
}

/** One of a few words, or a folder, which is told from a misspelt word by its slash. */
export function choiceOrFolder(fallback: string, words: readonly string[], meaning: string): Option<string> {
  const range = `${words.join(', ')}, a folder`;
  return {
    fallback,
    range,
    meaning,
    parse: (given) =>
      words.includes(given) || /[/\\]/.test(given)
        ? ok(given)
        : refuse(`one of ${words.join(', ')}, or a folder written with a slash (./models/mine)`),
  };
}

/** Words between commas. */
function list(given: string): string[] {
  return given
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

/** Language tags (BCP 47) between commas, in lower case. */
export function languages(fallback: string, meaning: string): Option<string[]> {
  return {
    fallback,
    range: 'comma list',
    meaning,
    parse: (given) => {
      const tags = list(given.toLowerCase());
      const wellFormed = tags.length > 0 && tags.every((tag) => /^[a-z]{2,3}(-[a-z0-9]{2,8})*$/.test(tag));
      return wellFormed ? ok([...new Set(tags)]) : refuse('language tags between commas, such as en');
    },
  };
}

/** Addresses and networks (CIDR) between commas. */
export function networks(meaning: string): Option<string[]> {
  return {
    fallback: '',
    fallbackShown: '–',
    range: 'comma list',
    meaning,
    parse: (given) => {
      const all = list(given);
      const wellFormed = all.every((each) => parseNetwork(each) !== undefined);
      return wellFormed ? ok(all) : refuse('addresses or networks between commas, such as 127.0.0.1,10.0.0.0/8');
    },
  };
}

/** Web origins (scheme, host, port; nothing behind) between commas. */
export function origins(meaning: string): Option<string[]> {
  return {
    fallback: '',
    fallbackShown: 'own host',
    range: 'comma list',
    meaning,
    parse: (given) => {
      const all = list(given);
      const wellFormed = all.every((origin) => URL.canParse(origin) && new URL(origin).origin === origin.toLowerCase());
      return wellFormed
        ? ok(all.map((o) => o.toLowerCase()))
        : refuse('origins between commas, such as https://captions.example');
    },
  };
}

/** A value that the program must know but never show. */
export function secret<O extends Option<unknown>>(option: O): O & { readonly secret: true } {
  return { ...option, secret: true };
}

/** Bytes of a secret for signing, at least (standardwebhooks.com). */
const SIGNING_BYTES_MIN = 24;

/** A secret to sign with: `whsec_` and base64, or a text. */
export function signingSecret(meaning: string): Optional<string> {
  const bytesOf = (given: string): number => Buffer.from(given.replace(/^whsec_/, ''), encodingOf(given)).length;
  const encodingOf = (given: string): BufferEncoding => (given.startsWith('whsec_') ? 'base64' : 'utf8');
  return {
    ...optionalText(meaning),
    range: `≥ ${SIGNING_BYTES_MIN} bytes`,
    parse: (given) =>
      bytesOf(given) >= SIGNING_BYTES_MIN ? ok(given) : refuse(`a secret of at least ${SIGNING_BYTES_MIN} bytes`),
  };
}
