/** Names that nobody means well with, and how a client can write them into an address. */

/** What a name must not be taken for. Texts as the server would have them after decoding. */
export const hostileNames: Readonly<Record<string, string>> = {
  'parent folder': '..',
  'this folder': '.',
  'a file above': '../../package.json',
  'a file above, of Windows': '..\\..\\package.json',
  'a file from the root': '/etc/passwd',
  'a drive': 'C:\\Windows\\win.ini',
  'a folder in a name': 'talk/../other',
  'a NUL': 'talk\0',
  'a NUL before an ending': '../../package.json\0.svg',
  'a line feed': 'talk\n',
  'a header': 'talk\r\nX-Injected: 1',
  'a space': ' talk',
  'a tab': '\ttalk',
  capitals: 'TALK',
  'a Cyrillic letter': 't\u0430lk',
  'full width': '\uff54alk',
  'full-width dots': '\uff0e\uff0e\uff0fpackage.json',
  'a division slash': '..\u2215package.json',
  'a combining mark': 'ta\u0301lk',
  'nothing that is seen': 'ta\u200blk',
  'right to left': '\u202etalk',
  'dotless i': 'd\u0131nner',
  'one too many': 'a'.repeat(65),
  overlong: 'a'.repeat(2_000),
  __proto__: '__proto__',
  'a getter': '__defineGetter__',
  'a method': 'toString',
  'another method': 'hasOwnProperty',
  'a hyphen first': '-rf',
  'an option': '--session=talk',
  'a pattern': '*',
  markup: '<script>alert(1)</script>',
  'a quote': `talk' OR '1'='1`,
  'a template': '{{constructor}}',
  'an expansion': '$(id)',
};

/** Names that are slugs like any other, and must be no more than that. */
export const innocentNames: readonly string[] = ['constructor', 'prototype', 'con', 'nul', 'sessions', 'assets'];

/** Spellings that are no text at all once decoded, or decode to something else than it seems. */
export const brokenSpellings: readonly string[] = [
  '%',
  '%2',
  '%zz',
  '%c0%ae%c0%ae',
  '%ff',
  '%ed%a0%80',
  '%u002e%u002e',
];

const everyByte = (text: string): string =>
  [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');

/** A name as it can stand in an address: as it is where it may, encoded, every byte encoded, and both of these twice. */
export function spellingsOf(name: string): string[] {
  const encoded = [encodeURIComponent(name), everyByte(name)];
  const plain = /^[\x21-\x7e]+$/.test(name) && !/[?#]/.test(name) ? [name] : [];
  return [...new Set([...plain, ...encoded, ...encoded.map((text) => text.replaceAll('%', '%25'))])];
}
