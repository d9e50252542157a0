/** The state of the session and of the connection to it, in words. */

/** @import { Connection } from '../client/viewer.js' */
/** @import { SessionState } from '../client/messages.js' */

/**
 * @typedef {object} Status
 * @property {string} words What the bar says.
 * @property {'live' | 'warn' | 'quiet'} tone
 * @property {string} headline What the page says while it has no captions.
 * @property {string} more
 */

/** While the connection is open, the session's state counts. @type {Readonly<Record<SessionState, Status>>} */
const bySession = {
  awaiting: {
    words: 'Waiting for the publisher',
    tone: 'quiet',
    headline: 'Waiting for the publisher',
    more: 'Captions appear here as soon as there is sound.',
  },
  live: { words: 'Live', tone: 'live', headline: 'Listening', more: 'Words appear here while they are spoken.' },
  publisher_lost: {
    words: 'Publisher away',
    tone: 'warn',
    headline: 'The publisher is away',
    more: 'The stream was interrupted. Captions go on when it returns.',
  },
  transcriber_lost: {
    words: 'Catching up',
    tone: 'warn',
    headline: 'Transcription is interrupted',
    more: 'What is said meanwhile is kept and follows.',
  },
  ended: {
    words: 'Ended',
    tone: 'quiet',
    headline: 'The session has ended',
    more: 'When a new one starts, its captions appear here.',
  },
};

/** @type {Readonly<Record<Exclude<Connection, 'open'>, Status>>} */
const byConnection = {
  connecting: { words: 'Connecting', tone: 'quiet', headline: 'Connecting', more: '' },
  no_session: {
    words: 'Waiting for the publisher',
    tone: 'quiet',
    headline: 'Waiting for the publisher',
    more: 'Nobody publishes under this name yet. Captions appear here by themselves when somebody does.',
  },
  lost: {
    words: 'Reconnecting',
    tone: 'warn',
    headline: 'Reconnecting',
    more: 'The connection was lost. Nothing that is said meanwhile is missed.',
  },
  restarting: {
    words: 'Reconnecting',
    tone: 'warn',
    headline: 'The server is restarting',
    more: 'This page connects again by itself.',
  },
  full: {
    words: 'Waiting for a place',
    tone: 'warn',
    headline: 'The server has no place left',
    more: 'This page tries again by itself.',
  },
  ended: bySession.ended,
  refused: {
    words: 'Not allowed',
    tone: 'warn',
    headline: 'This session cannot be watched from here',
    more: 'Ask for a new link, then load the page again.',
  },
};

/** Refusals that the visitor can do something about, by the reason that the server gives. @type {Readonly<Record<string, Status>>} */
const byReason = {
  token_missing: {
    words: 'Token needed',
    tone: 'warn',
    headline: 'A token is needed to watch this session',
    more: 'Open this page by a link that ends in ?token=…; whoever runs the session has one.',
  },
  token_expired: {
    words: 'Link expired',
    tone: 'warn',
    headline: 'This link has expired',
    more: 'Its token was for a time that is over. Ask for a new link.',
  },
};

/**
 * @param {Connection} connection
 * @param {SessionState} session
 * @param {string} reason Why the connection ended, as the server says it.
 * @returns {Status}
 */
export function statusOf(connection, session, reason) {
  if (connection === 'open') return bySession[session];
  return (connection === 'refused' ? byReason[reason] : undefined) ?? byConnection[connection];
}

/**
 * Does the publisher's audio come? `silent`: it is connected and sends none; `none`: it is not there.
 *
 * @typedef {'flowing' | 'silent' | 'none'} Audio
 */

/**
 * Words for a state of a session in a list.
 *
 * @param {SessionState} session
 * @param {Audio} audio
 * @returns {Pick<Status, 'words' | 'tone'>}
 */
export function sessionStatus(session, audio) {
  return audio === 'silent' ? { words: 'The publisher sends no audio', tone: 'warn' } : bySession[session];
}
